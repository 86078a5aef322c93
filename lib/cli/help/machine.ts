export const machineHelp = `offsite machine export|restore|verify

Prints a state machine as JSON, with the retries and time-outs of its steps, for the console of Step Functions.
Needs neither AWS nor a manager.

  --functions ARN         puts the functions' ARNs in place of \${FindManager} and so on: their ARN up to the
                          installation's name, arn:aws:lambda:REGION:ACCOUNT:function:NAME
`;
