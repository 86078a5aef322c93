/**
 * Which version of a key. Null: storage names none, and none is sent: the key has one object. To ask for a version "null"
 * there is an error in many stores. S3 itself calls the one version "null" in its lists, and so did earlier versions of
 * this product in manifests: that text is an id like any other.
 */
export type VersionId = string | null;

/** Whether a version as it is listed is the one of which a record speaks. A list that names no versions shows the only one. */
export function isVersion(listed: VersionId, wanted: VersionId): boolean {
  return listed === null || listed === (wanted ?? 'null');
}
