/** The policy of an interface endpoint that was made without one, as AWS prints it. It grants nothing by itself. */
export const defaultEndpointPolicy = `{
  "Statement": [
    {
      "Action": "*", 
      "Effect": "Allow", 
      "Principal": "*", 
      "Resource": "*"
    }
  ]
}`
