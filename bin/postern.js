#!/usr/bin/env node
// Plain old JavaScript on purpose: it must parse on any Node, to say which Node is needed.
'use strict'

var needed = [24, 7]
var version = process.versions.node.split('.').map(Number)
if (version[0] < needed[0] || (version[0] === needed[0] && version[1] < needed[1])) {
  process.stderr.write(
    'postern needs Node.js ' +
      needed.join('.') +
      ' or later: this is ' +
      process.versions.node +
      '. In a checkout, "npm ci" brings one, and "npm start" and ./postern use it\n',
  )
  process.exit(1)
}

var fs = require('node:fs')
var path = require('node:path')
var url = require('node:url')

// A published package holds emitted JavaScript; a checkout runs its sources as they are.
var built = path.join(__dirname, '..', 'dist', 'cli', 'main.js')
var sources = path.join(__dirname, '..', 'src', 'cli', 'main.ts')
// Types are stripped, and code is compiled, once and not at each start. The cache is in the checkout and only written by its owner:
// what root left there, the owner could not remove.
if (fs.existsSync(sources) && isOwned(__dirname)) {
  require('node:module').enableCompileCache(path.join(__dirname, '..', 'node_modules', '.cache', 'postern'))
}

function isOwned(folder) {
  return process.getuid === undefined || process.getuid() === fs.statSync(folder).uid
}

import(url.pathToFileURL(fs.existsSync(sources) ? sources : built).href)
  .then(function (cli) {
    return cli.main(process.argv.slice(2))
  })
  .then(
    function (exitCode) {
      process.exitCode = exitCode
    },
    function (error) {
      process.stderr.write('postern: ' + (error && error.stack ? error.stack : error) + '\n')
      process.exitCode = 70
    },
  )
