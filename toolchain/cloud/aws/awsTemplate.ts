import { DOOR_PORT, type PlannedResource, SCHEDULER_PORT } from '../cellCloud.ts';
import { resourceName } from '../cellName.ts';

/** The tag by which everything of a cell is found. */
export const CELL_TAG = 'grafos:cell';
/** The tag with the mark of the CA, on the stack. */
export const CA_TAG = 'grafos:ca';

/** Size of the machine's disk, GiB. */
const DISK_GIB = 10;

export interface AwsCell {
  name: string;
  /** An EC2 instance type. */
  size: string;
  arch: 'x64' | 'arm64';
  /** IPv4 network in CIDR notation. */
  from: string;
  userData: string;
}

type Resource = { Type: string; DependsOn?: string[]; Properties: Record<string, unknown> };

/**
 * The CloudFormation template of a cell. It has no IAM resource, so the stack needs no capability,
 * and no bucket, log group or key pair, which a stack leaves behind.
 *
 * The image is the newest Debian 13 at the time of creation. The stack is never updated, because
 * a newer image would replace the machine.
 */
export function awsTemplate({ name, size, arch, from, userData }: AwsCell): {
  AWSTemplateFormatVersion: string;
  Description: string;
  Parameters: Record<string, unknown>;
  Resources: Record<string, Resource>;
  Outputs: Record<string, unknown>;
} {
  const Tags = [
    { Key: 'Name', Value: resourceName(name) },
    { Key: CELL_TAG, Value: name },
  ];
  const image = `/aws/service/debian/release/13/latest/${arch === 'x64' ? 'amd64' : 'arm64'}`;
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `grafOS cell ${name}`,
    Parameters: { Image: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: image } },
    Resources: {
      ...networkResources(Tags),
      Access: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: {
          GroupName: resourceName(name),
          GroupDescription: `Access to grafOS cell ${name}`,
          VpcId: { Ref: 'Network' },
          SecurityGroupIngress: [SCHEDULER_PORT, DOOR_PORT].map((port) => ({
            IpProtocol: 'tcp',
            FromPort: port,
            ToPort: port,
            CidrIp: from,
          })),
          Tags,
        },
      },
      Machine: machineResource(size, userData, Tags),
      Address: {
        Type: 'AWS::EC2::EIP',
        DependsOn: ['GatewayAttachment'],
        Properties: { Domain: 'vpc', InstanceId: { Ref: 'Machine' }, Tags },
      },
    },
    Outputs: {
      Address: { Value: { 'Fn::GetAtt': ['Address', 'PublicIp'] } },
      Machine: { Value: { Ref: 'Machine' } },
      Access: { Value: { Ref: 'Access' } },
    },
  };
}

/** The resources of the template, for the plan. */
export function awsResources(name: string): PlannedResource[] {
  const { Resources } = awsTemplate({ name, size: '', arch: 'x64', from: '', userData: '' });
  return [
    { type: 'AWS::CloudFormation::Stack', name: resourceName(name) },
    ...Object.entries(Resources).map(([id, { Type }]) => ({ type: Type, name: id })),
  ];
}

function networkResources(Tags: object[]): Record<string, Resource> {
  return {
    Network: {
      Type: 'AWS::EC2::VPC',
      Properties: { CidrBlock: '10.77.0.0/24', EnableDnsSupport: true, EnableDnsHostnames: false, Tags },
    },
    Subnet: {
      Type: 'AWS::EC2::Subnet',
      Properties: { VpcId: { Ref: 'Network' }, CidrBlock: '10.77.0.0/28', MapPublicIpOnLaunch: false, Tags },
    },
    Gateway: { Type: 'AWS::EC2::InternetGateway', Properties: { Tags } },
    GatewayAttachment: {
      Type: 'AWS::EC2::VPCGatewayAttachment',
      Properties: { VpcId: { Ref: 'Network' }, InternetGatewayId: { Ref: 'Gateway' } },
    },
    Routes: { Type: 'AWS::EC2::RouteTable', Properties: { VpcId: { Ref: 'Network' }, Tags } },
    DefaultRoute: {
      Type: 'AWS::EC2::Route',
      DependsOn: ['GatewayAttachment'],
      Properties: {
        RouteTableId: { Ref: 'Routes' },
        DestinationCidrBlock: '0.0.0.0/0',
        GatewayId: { Ref: 'Gateway' },
      },
    },
    SubnetRoutes: {
      Type: 'AWS::EC2::SubnetRouteTableAssociation',
      Properties: { SubnetId: { Ref: 'Subnet' }, RouteTableId: { Ref: 'Routes' } },
    },
  };
}

function machineResource(size: string, userData: string, Tags: object[]): Resource {
  return {
    Type: 'AWS::EC2::Instance',
    DependsOn: ['DefaultRoute', 'SubnetRoutes'],
    Properties: {
      ImageId: { Ref: 'Image' },
      InstanceType: size,
      SubnetId: { Ref: 'Subnet' },
      SecurityGroupIds: [{ Ref: 'Access' }],
      UserData: { 'Fn::Base64': userData },
      MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      BlockDeviceMappings: [
        {
          DeviceName: '/dev/xvda',
          Ebs: { VolumeType: 'gp3', VolumeSize: DISK_GIB, Encrypted: true, DeleteOnTermination: true },
        },
      ],
      PropagateTagsToVolumeOnCreation: true,
      Tags,
    },
  };
}
