import { createRequire } from 'node:module';
import type * as Orm from 'drizzle-orm';
import type * as NodePostgres from 'drizzle-orm/node-postgres';
import type * as PgCore from 'drizzle-orm/pg-core';

/**
 * drizzle, by its CommonJS build: linking the import cycles of its ES modules takes Node 24 about 0.7 s of every start, this
 * one 0.1 s. All code of ours takes drizzle's functions from here, and its types from the package.
 */
const require = createRequire(import.meta.url);
// What `require` returns is untyped; these are the types that the package gives the same modules.
const orm = require('drizzle-orm') as typeof Orm;
const pgCore = require('drizzle-orm/pg-core') as typeof PgCore;
const nodePostgres = require('drizzle-orm/node-postgres') as typeof NodePostgres;

export const { and, asc, desc, eq, fillPlaceholders, gt, lt, sql } = orm;
export const { drizzle } = nodePostgres;
export const {
  bigint,
  bit,
  boolean,
  check,
  customType,
  date,
  foreignKey,
  halfvec,
  index,
  integer,
  jsonb,
  PgDialect,
  pgTable,
  primaryKey,
  smallint,
  sparsevec,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} = pgCore;
