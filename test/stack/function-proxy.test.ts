import { expect, test } from 'vitest';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { resourcesOf, SMALLEST, synthesize } from './synth.ts';

const network = { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] };
const url = 'http://proxy.example.com:3128';

test('functions in the VPC have the proxy in their environment, the others have none', () => {
  const proxy = { url, noProxy: ['.s3.eu-central-1.amazonaws.com'] };
  const made = synthesize({ ...SMALLEST, network: { ...network, proxy } });
  const functions = Object.values(resourcesOf(made, 'AWS::Lambda::Function')).map(({ Properties }) => Properties);
  const expected = {
    HTTPS_PROXY: url,
    HTTP_PROXY: url,
    NO_PROXY: 'localhost,127.0.0.1,169.254.0.0/16,.s3.eu-central-1.amazonaws.com',
  };
  const inVpc = functions.filter(({ VpcConfig }) => VpcConfig);
  expect(inVpc.length).toBeGreaterThan(10);
  for (const { VpcConfig, Environment } of inVpc) {
    expect(VpcConfig).toEqual({ SubnetIds: network.subnetIds, SecurityGroupIds: network.securityGroupIds });
    expect(Environment).toMatchObject({ Variables: expected });
  }
  expect(JSON.stringify(functions.filter(({ VpcConfig }) => !VpcConfig))).not.toContain('PROXY');
});

test('the login of the proxy is a secret that only functions in the VPC may read', () => {
  const kmsKeyArn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const proxy = { url, secret: { id: 'network/proxy', kmsKeyArn } };
  const made = synthesize({ ...SMALLEST, network: { ...network, proxy } });
  const functions = Object.values(resourcesOf(made, 'AWS::Lambda::Function')).map(({ Properties }) => Properties);
  const roles = resourcesOf(made, 'AWS::IAM::Role');
  for (const { VpcConfig, Environment, Role } of functions) {
    const id = (Role as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0];
    const policies = JSON.stringify(roles[id]?.Properties['Policies']);
    const inVpc = VpcConfig !== undefined;
    expect([policies.includes('secret:network/proxy-??????'), policies.includes(kmsKeyArn)], id).toEqual([
      inVpc,
      inVpc,
    ]);
    const variables = JSON.stringify(Environment);
    expect(variables.includes('"OFFSITE_PROXY_SECRET":"network/proxy"'), id).toBe(inVpc);
  }
});

test.each([
  ['http://agent:pr0xy@proxy.example.com:3128', /must not hold a user name or password/],
  ['socks5://proxy.example.com', /must be the address of an HTTP proxy/],
])('%s is refused, and not repeated', (wrong, says) => {
  const parse = () => parseConfig({ ...SMALLEST, network: { ...network, proxy: { url: wrong } } });
  expect(parse).toThrow(says);
  expect(parse).not.toThrow(/pr0xy@/);
});
