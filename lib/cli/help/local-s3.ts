export const localS3Help = `offsite local-s3 --port PORT --dir DIR

An S3 endpoint on a folder, until it is interrupted: versions, multipart, checksums, tags.
It verifies no signatures: for this machine only.

  --port PORT             default: any free port
  --dir DIR               default ./offsite-data
  --bucket NAME           made if it is not there (default offsite)
`;
