import { InvalidConfiguration } from './errors.ts';

/** Another process has the folder with the archives. `bySame`: for the same purpose, the same manager. */
export class FolderInUse extends InvalidConfiguration {
  readonly bySame: boolean;

  constructor(message: string, bySame: boolean) {
    super(message);
    this.bySame = bySame;
  }
}
