import {
  Aws,
  CfnParameter,
  type DockerImageAssetLocation,
  type FileAssetLocation,
  FileAssetPackaging,
  type FileAssetSource,
  Fn,
  type ISynthesisSession,
  StackSynthesizer,
} from 'aws-cdk-lib';

/** A file of the assembly, or a folder that becomes a zip. */
export interface Asset {
  readonly source: string;
  readonly isFolder: boolean;
}

/**
 * Makes a template that needs no CDK bootstrap: code and nested templates are where two parameters say. Whoever deploys
 * has put them there.
 */
export class ReleaseSynthesizer extends StackSynthesizer {
  /** By the name that the object must have in the bucket. */
  readonly assets = new Map<string, Asset>();
  #parameters: { readonly bucket: string; readonly prefix: string } | undefined;

  override addFileAsset({ fileName, packaging, sourceHash }: FileAssetSource): FileAssetLocation {
    if (fileName === undefined) throw new RangeError(`The asset ${sourceHash} is made by a command.`);
    const isFolder = packaging === FileAssetPackaging.ZIP_DIRECTORY;
    const name = `${sourceHash}${isFolder ? '.zip' : '.json'}`;
    this.assets.set(name, { source: fileName, isFolder });
    this.#parameters ??= this.#declare();
    const { bucket: bucketName, prefix } = this.#parameters;
    const objectKey = Fn.join('', [prefix, name]);
    const httpUrl = Fn.join('', ['https://s3.', Aws.REGION, '.', Aws.URL_SUFFIX, '/', bucketName, '/', objectKey]);
    return { bucketName, objectKey, httpUrl, s3ObjectUrl: Fn.join('', ['s3://', bucketName, '/', objectKey]) };
  }

  override addDockerImageAsset(): DockerImageAssetLocation {
    throw new RangeError('An installation has no images.');
  }

  override synthesize(session: ISynthesisSession): void {
    this.synthesizeTemplate(session);
    this.emitArtifact(session);
  }

  #declare() {
    const stack = this.boundStack;
    const bucket = new CfnParameter(stack, 'AssetBucket', {
      description: 'Bucket with the files of this release, in the region of the stack.',
      allowedPattern: '[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]',
    });
    const prefix = new CfnParameter(stack, 'AssetPrefix', {
      description: 'What the names of these files begin with in the bucket, such as offsite/1/',
      default: '',
    });
    return { bucket: bucket.valueAsString, prefix: prefix.valueAsString };
  }
}
