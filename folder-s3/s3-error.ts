/** The codes that this server answers with, their HTTP status, and what they say unless the caller knows better. */
const CODES = {
  AccessDenied: [403, 'Access Denied'],
  AuthorizationQueryParametersError: [400, 'The query parameters of the signed URL are incomplete or malformed.'],
  BadDigest: [400, 'The checksum you specified did not match what we received.'],
  BucketAlreadyOwnedByYou: [409, 'The bucket exists already, and you own it.'],
  ConditionalRequestConflict: [409, 'The conditional request cannot succeed due to a conflicting operation.'],
  // Ours, as NotWritable and TooManyOpenFiles: what stays as it is until a person does something.
  DiskFailed: [403, 'The disk of the folder reports an error.'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed size.'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size.'],
  // Ours, with a status of its own, since an answer to HEAD has no code: trying again does not bring the bytes back.
  FileChanged: [410, 'The file of this object was changed on disk.'],
  IncompleteBody: [400, 'The body does not have the number of bytes that its headers announce.'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidAccessKeyId: [403, 'The access key is not the one of this server.'],
  InvalidArgument: [400, 'Invalid argument.'],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidDigest: [400, 'The checksum you specified is not valid.'],
  InvalidPart: [400, 'One or more of the specified parts could not be found, or its ETag or checksum is another.'],
  InvalidPartOrder: [400, 'The list of parts was not in ascending order.'],
  InvalidRange: [416, 'The requested range is not satisfiable.'],
  InvalidRequest: [400, 'Invalid request.'],
  InvalidTag: [400, 'The tags are not valid.'],
  KeyTooLongError: [400, 'Your key is too long.'],
  MalformedXML: [400, 'The XML you provided was not well-formed or did not validate against our published schema.'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  NoSuchBucket: [404, 'The specified bucket does not exist.'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchObjectLockConfiguration: [404, 'The specified object does not have a ObjectLock configuration.'],
  NoSuchUpload: [404, 'The specified upload does not exist. It may have been aborted or completed.'],
  NoSuchVersion: [404, 'The specified version does not exist.'],
  NotImplemented: [501, 'This server does not implement that.'],
  OperationAborted: [409, 'A conflicting name is in the way.'],
  PreconditionFailed: [412, 'At least one of the preconditions you specified did not hold.'],
  NotWritable: [403, 'The folder cannot be written. Make room, or name another folder.'],
  ReadOnly: [403, 'This server serves the folder for reading only.'],
  SignatureDoesNotMatch: [403, 'The signature of the request is not the one that this server calculates.'],
  SlowDown: [503, 'Please reduce your request rate.'],
  TooManyOpenFiles: [403, 'The process may not open more files.'],
} as const satisfies Record<string, readonly [number, string]>;

export type S3ErrorCode = keyof typeof CODES;

export interface S3ErrorDetails {
  /** Replaces the default sentence of the code. */
  readonly message?: string;
  /** Further elements of the XML: `{ Key: 'a/b.zip' }`. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a handler throws to answer with an S3 error. It is a reply, and never leaves the server as an exception. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly code: S3ErrorCode;
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: S3ErrorCode, details: S3ErrorDetails = {}) {
    super(details.message ?? CODES[code][1]);
    this.code = code;
    this.status = CODES[code][0];
    this.fields = details.fields ?? {};
    this.headers = details.headers ?? {};
  }
}
