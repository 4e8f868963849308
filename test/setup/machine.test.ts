import { describe, expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { requireSpace } from '../../scripts/setup/disk.mjs';
// @ts-expect-error a plain script without types
import { diskProblem } from '../../scripts/setup/problem.mjs';
// @ts-expect-error a plain script without types
import { wheelPlatform } from '../../scripts/setup/versions.mjs';

const tagsOf = wheelPlatform as (host: { platform: string; arch: string; glibc: string | undefined }) => {
  distribution: string;
  tags: string[];
};

describe('the machine', () => {
  it('gets only the wheels that its glibc can load', () => {
    expect(tagsOf({ platform: 'linux', arch: 'x64', glibc: '2.26' })).toMatchObject({
      distribution: 'tensorflow-cpu',
      tags: ['manylinux_2_17_x86_64', 'manylinux_2_24_x86_64', 'manylinux_2_26_x86_64', 'manylinux2014_x86_64'],
    });
    expect(tagsOf({ platform: 'linux', arch: 'arm64', glibc: '2.36' }).distribution).toBe('tensorflow');
  });

  it.each([
    ['musl', { platform: 'linux', arch: 'x64', glibc: undefined }, /musl.*use a distribution with glibc/],
    ['an old glibc', { platform: 'linux', arch: 'x64', glibc: '2.12' }, /glibc 2\.12 is too old/],
    ['another processor', { platform: 'linux', arch: 's390x', glibc: '2.36' }, /no TensorFlow wheel for Linux on s390x/],
    ['macOS', { platform: 'darwin', arch: 'arm64', glibc: undefined }, /on darwin arm64: let the vendor/],
  ])('is refused with a remedy when it has %s', (_, host, sentence) => {
    expect(() => tagsOf(host)).toThrow(sentence);
  });

  it('must have room before anything is fetched', () => {
    const disk = () => ({ bavail: 100, bsize: 1e6 });
    expect(requireSpace('/', 100e6, disk)).toBeUndefined();
    expect(() => requireSpace('/', 101e6, disk)).toThrow('TensorFlow needs 101 MB in /, where 100 MB are free: free some space');
  });

  it('whose disk fills up in the middle is told so, other failures are not explained away', () => {
    expect(diskProblem(Object.assign(new Error(), { code: 'ENOSPC', path: '/x' }))).toMatchObject({
      exit: 'disk',
      message: expect.stringContaining('The disk is full (writing /x)') as string,
    });
    expect(diskProblem(new TypeError('a defect'))).toBeUndefined();
  });
});
