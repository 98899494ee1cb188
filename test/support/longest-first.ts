// The order of test files: system tests first, the longest first, so that no worker ends alone with one of them. Faults
// come last and so nearly alone: beside other tests, a loaded site rightly answers 503, which they count as a fault.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const longest = [
  'install/npm-versions',
  'browser/pages',
  'start/first-start',
  'start/copied-folder',
  'start/side-by-side',
  'start/own-user',
  'start/stopping',
  'start/crashes',
];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  if (moduleId.endsWith('/faults/faults.test.ts')) return Infinity;
  const place = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  if (place >= 0) return place;
  return project.name === 'system' ? longest.length : longest.length + 1;
}
