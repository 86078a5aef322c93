/** Of the instance: its certificate is made before it is. */
export const MANAGER_ADDRESS = '10.83.0.10';

interface Site {
  readonly name: string;
  readonly account: string;
  /** With a VPC and an instance for the managers. */
  readonly hasInstance: boolean;
}

export const assetsOf = ({ name, account }: Omit<Site, 'hasInstance'>) => `${name}-assets-${account}`;
export const copiesOf = ({ name, account }: Omit<Site, 'hasInstance'>) => `${name}-copies-${account}`;

/** What an installation finds where it is deployed: a bucket for its files, one for copies, and managers in a VPC. */
export function siteTemplate(site: Site): string {
  const resources = { ...buckets(site), ...(site.hasInstance ? { ...network, ...instance(assetsOf(site)) } : {}) };
  const outputs = {
    CopiesKeyArn: arnOf('CopiesKey'),
    ...(site.hasInstance ? { Subnet: ref('Subnet'), Group: groupOf('Functions') } : {}),
  };
  return JSON.stringify({
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'What npm run verify:aws of cloudify-offsite needs. Goes when it ends.',
    ...(site.hasInstance ? { Parameters: { Image } } : {}),
    Resources: resources,
    Outputs: Object.fromEntries(Object.entries(outputs).map(([key, Value]) => [key, { Value }])),
  });
}

const ref = (Ref: string) => ({ Ref });
const arnOf = (name: string) => ({ 'Fn::GetAtt': [name, 'Arn'] });
const groupOf = (name: string) => ({ 'Fn::GetAtt': [name, 'GroupId'] });
const document = (Statement: object[]) => ({ Version: '2012-10-17', Statement });

const CLOSED = { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true };

function buckets(site: Site) {
  const encrypted = (by: object) => ({
    ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: by, BucketKeyEnabled: true }],
  });
  return {
    Assets: {
      Type: 'AWS::S3::Bucket',
      Properties: { BucketName: assetsOf(site), PublicAccessBlockConfiguration: CLOSED },
    },
    CopiesKey: {
      Type: 'AWS::KMS::Key',
      Properties: {
        Description: `Copies of ${site.name}.`,
        PendingWindowInDays: 7,
        KeyPolicy: document([
          {
            Effect: 'Allow',
            Principal: { AWS: { 'Fn::Sub': `arn:\${AWS::Partition}:iam::${site.account}:root` } },
            Action: 'kms:*',
            Resource: '*',
          },
        ]),
      },
    },
    Copies: {
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: copiesOf(site),
        ObjectLockEnabled: true,
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: CLOSED,
        BucketEncryption: encrypted({ SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arnOf('CopiesKey') }),
      },
    },
  };
}

/** No way to the internet and none back: what is needed comes by endpoints, packages of Amazon Linux by that of S3. */
const network = {
  Vpc: {
    Type: 'AWS::EC2::VPC',
    Properties: { CidrBlock: '10.83.0.0/24', EnableDnsSupport: true, EnableDnsHostnames: true },
  },
  Subnet: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: ref('Vpc'), CidrBlock: '10.83.0.0/25' } },
  Routes: { Type: 'AWS::EC2::RouteTable', Properties: { VpcId: ref('Vpc') } },
  SubnetRoutes: {
    Type: 'AWS::EC2::SubnetRouteTableAssociation',
    Properties: { SubnetId: ref('Subnet'), RouteTableId: ref('Routes') },
  },
  Functions: groupIn('Functions of an installation', []),
  Endpoints: groupIn('Endpoints', [443]),
  Manager: groupIn('Managers', [8443, 8444]),
  S3: {
    Type: 'AWS::EC2::VPCEndpoint',
    Properties: { ...endpointOf('s3'), VpcEndpointType: 'Gateway', RouteTableIds: [ref('Routes')] },
  },
  SecretsManager: interfaceOf('secretsmanager'),
  StepFunctions: interfaceOf('states'),
};

function groupIn(GroupDescription: string, ports: readonly number[]) {
  const SecurityGroupIngress = ports.map((port) => ({
    ...{ IpProtocol: 'tcp', FromPort: port, ToPort: port },
    SourceSecurityGroupId: groupOf('Functions'),
  }));
  return { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription, VpcId: ref('Vpc'), SecurityGroupIngress } };
}

function endpointOf(service: string) {
  return { VpcId: ref('Vpc'), ServiceName: { 'Fn::Sub': `com.amazonaws.\${AWS::Region}.${service}` } };
}

function interfaceOf(service: string) {
  const within = { SubnetIds: [ref('Subnet')], SecurityGroupIds: [groupOf('Endpoints')] };
  return {
    Type: 'AWS::EC2::VPCEndpoint',
    Properties: { ...endpointOf(service), VpcEndpointType: 'Interface', PrivateDnsEnabled: true, ...within },
  };
}

const Image = {
  Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
  Default: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
};

/** Waits for the program, which is uploaded once the bucket is there. */
const START = (bucket: string) => `#!/bin/bash
until dnf install -y nodejs22; do sleep 5; done
for file in managers.mjs managers.json; do
  until aws s3 cp s3://${bucket}/$file /opt/$file; do sleep 5; done
done
exec $(command -v node-22 || command -v node) /opt/managers.mjs /opt/managers.json
`;

function instance(bucket: string) {
  return {
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: document([
          { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ]),
        Policies: [
          {
            PolicyName: 'files',
            PolicyDocument: document([
              {
                Effect: 'Allow',
                Action: 's3:GetObject',
                Resource: ['mjs', 'json'].map((end) => ({ 'Fn::Sub': `\${Assets.Arn}/managers.${end}` })),
              },
            ]),
          },
        ],
      },
    },
    Profile: { Type: 'AWS::IAM::InstanceProfile', Properties: { Roles: [ref('Role')] } },
    Instance: {
      Type: 'AWS::EC2::Instance',
      DependsOn: ['S3', 'SubnetRoutes'],
      Properties: {
        ...{ ImageId: ref('Image'), InstanceType: 't4g.micro', IamInstanceProfile: ref('Profile') },
        ...{ SubnetId: ref('Subnet'), PrivateIpAddress: MANAGER_ADDRESS, SecurityGroupIds: [groupOf('Manager')] },
        MetadataOptions: { HttpTokens: 'required' },
        UserData: { 'Fn::Base64': START(bucket) },
      },
    },
  };
}
