// The first yardstick: a bare node:https server that reads a body and answers one of the size it is asked for.
import { createServer } from 'node:https'
import { announce, yardstickCertificate } from './yardstick.ts'

const server = createServer(
  { ...(await yardstickCertificate()), minVersion: 'TLSv1.3', noDelay: true },
  (request, response) => {
    const size = Number(request.headers['x-answer-bytes'])
    request.on('data', () => {})
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'content-length': size })
      response.end('x'.repeat(size))
    })
  },
)
announce(server)
