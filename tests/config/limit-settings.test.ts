import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';

const trusted = (value: string) => readConfig({ TRUST_PROXY: value }).limits.trustProxy;

describe('the proxies that are trusted', () => {
  it('are none, unless they are named', () => {
    expect(readConfig({}).limits.trustProxy).toBe(false);
    expect(trusted('none')).toBe(false);
    expect(trusted('')).toBe(false);
  });

  it('are addresses and networks', () => {
    expect(trusted('10.0.0.0/8, 192.0.2.7,fd00::/8')).toEqual(['10.0.0.0/8', '192.0.2.7', 'fd00::/8']);
    expect(trusted('loopback, UniqueLocal')).toEqual(['loopback', 'uniquelocal']);
  });

  it.each(['1', 'true', 'proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', 'none, 10.0.0.1', ',', '10.0.0.1,'])(
    'are not "%s"',
    (value) => {
      expect(() => trusted(value)).toThrow(
        /^TRUST_PROXY got ".*"; it takes "none", or the proxies' addresses/,
      );
    },
  );
});

describe('the address of Redis', () => {
  it('is refused without being repeated, because it has a password', () => {
    expect(() => readConfig({ REDIS_URL: 'http://:s3cret@redis' })).toThrow(
      /^REDIS_URL got a value that does not fit/,
    );
  });
});

describe('the address of the collector', () => {
  it('is refused without being repeated, because people put passwords into it', () => {
    expect(() => readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://me:s3cret@collector' })).toThrow(
      /^OTEL_EXPORTER_OTLP_ENDPOINT got a value that does not fit/,
    );
  });
});
