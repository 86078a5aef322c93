import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** A fault in one file of the product, as text that is replaced while it is loaded. */
interface Plant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Faults that a judge must find: a run that finds none of them would find nothing. */
export const PLANTS: readonly Plant[] = [
  {
    name: 'recorded-unread',
    file: 'functions/verify-span.ts',
    from: 'return await verifyMembers(source, key',
    to: 'if (source) return { members: cut.members, bytes: 1 };\n  return await verifyMembers(source, key',
  },
  {
    name: 'lock-never-released',
    file: 'folder-s3/store/lock-files.ts',
    from: "if (life === 'ended' || (identity.success",
    to: "if (life === 'ended') return true;\n  if ((identity.success",
  },
  {
    name: 'exit-always-0',
    file: 'bin/offsite.ts',
    from: 'process.exitCode ??= code;',
    to: 'process.exitCode ??= code && 0;',
  },
];

const wanted = process.env['OFFSITE_CHAOS_PLANT'];
const plant = PLANTS.find(({ name }) => name === wanted);
if (plant) {
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.endsWith(`/${plant.file}`)) return nextLoad(url, context);
      const text = readFileSync(new URL(url), 'utf8');
      const source = text.replace(plant.from, plant.to);
      if (source === text) throw new Error(`${plant.file} no longer has the text that ${plant.name} replaces.`);
      return { ...nextLoad(url, context), source };
    },
  });
}
