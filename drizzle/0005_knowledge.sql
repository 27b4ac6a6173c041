CREATE EXTENSION IF NOT EXISTS pg_trgm;
--> statement-breakpoint
CREATE TABLE "chunk_places" (
	"user_id" text NOT NULL,
	"document_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"chunk_id" uuid NOT NULL,
	"start_line" integer NOT NULL,
	"end_line" integer NOT NULL,
	"page" integer,
	"token_count" integer NOT NULL,
	CONSTRAINT "chunk_places_user_id_document_id_position_pk" PRIMARY KEY("user_id","document_id","position")
);
--> statement-breakpoint
CREATE TABLE "chunk_vectors" (
	"user_id" text NOT NULL,
	"document_id" uuid NOT NULL,
	"chunk_id" uuid NOT NULL,
	"model" text NOT NULL,
	"vector" halfvec(1536) NOT NULL,
	CONSTRAINT "chunk_vectors_user_id_document_id_chunk_id_pk" PRIMARY KEY("user_id","document_id","chunk_id")
);
--> statement-breakpoint
-- Out-of-line vectors make an exact scan several times slower, and the planner does not price them.
ALTER TABLE "chunk_vectors" ALTER COLUMN "vector" SET STORAGE PLAIN, SET (toast_tuple_target = 8160);
--> statement-breakpoint
CREATE TABLE "chunks" (
	"user_id" text NOT NULL,
	"document_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"text" text NOT NULL,
	"trail" jsonb NOT NULL,
	"heading" text NOT NULL,
	"token_count" integer NOT NULL,
	"hash" text NOT NULL,
	"simhash" bigint NOT NULL,
	"words" text NOT NULL,
	"search_english" "tsvector" GENERATED ALWAYS AS (to_tsvector('tertulia_english', translate(heading || ' ' || text, './_-@:''’\<>&', '            '))) STORED NOT NULL,
	"search_spanish" "tsvector" GENERATED ALWAYS AS (to_tsvector('tertulia_spanish', translate(heading || ' ' || text, './_-@:''’\<>&', '            '))) STORED NOT NULL,
	"search_code" "tsvector" NOT NULL,
	CONSTRAINT "chunks_user_id_document_id_id_pk" PRIMARY KEY("user_id","document_id","id")
);
--> statement-breakpoint
CREATE TABLE "documents" (
	"user_id" text NOT NULL,
	"id" uuid NOT NULL,
	"path" text NOT NULL,
	"state" text NOT NULL,
	"fault" jsonb,
	"size" bigint NOT NULL,
	"modified_at" timestamp (3) with time zone NOT NULL,
	"etag" text,
	"read_as" text,
	"embedded_as" text,
	"format" text,
	"title" text,
	"pages" integer,
	"generation" integer DEFAULT 0 NOT NULL,
	"chunks" integer DEFAULT 0 NOT NULL,
	"owner" uuid,
	"waits_until" timestamp (3) with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"queued_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"read_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"search_path" "tsvector" GENERATED ALWAYS AS (to_tsvector('tertulia_english', translate(left(path || ' ' || coalesce(title, ''), 5000), './_-@:''’\<>&', '            '))) STORED NOT NULL,
	CONSTRAINT "documents_user_id_id_pk" PRIMARY KEY("user_id","id"),
	CONSTRAINT "documents_state" CHECK (state in ('queued', 'reading', 'embedding', 'ready', 'failed', 'excluded'))
);
--> statement-breakpoint
CREATE TABLE "knowledge_roots" (
	"user_id" text NOT NULL,
	"id" uuid NOT NULL,
	"path" text NOT NULL,
	"type" text NOT NULL,
	"fault" jsonb,
	"skipped" integer DEFAULT 0 NOT NULL,
	"scanned_at" timestamp (3) with time zone,
	"next_scan_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "knowledge_roots_user_id_id_pk" PRIMARY KEY("user_id","id"),
	CONSTRAINT "knowledge_roots_type" CHECK (type in ('file', 'folder'))
);
--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "passages" jsonb DEFAULT '[]'::jsonb NOT NULL;
--> statement-breakpoint
ALTER TABLE "chunk_places" ADD CONSTRAINT "chunk_places_chunk" FOREIGN KEY ("user_id","document_id","chunk_id") REFERENCES "public"."chunks"("user_id","document_id","id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "chunk_vectors" ADD CONSTRAINT "chunk_vectors_chunk" FOREIGN KEY ("user_id","document_id","chunk_id") REFERENCES "public"."chunks"("user_id","document_id","id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "chunks" ADD CONSTRAINT "chunks_document" FOREIGN KEY ("user_id","document_id") REFERENCES "public"."documents"("user_id","id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "chunk_places_chunk" ON "chunk_places" USING btree ("user_id","document_id","chunk_id");
--> statement-breakpoint
CREATE INDEX "chunks_search" ON "chunks" USING gin ("user_id",(search_english || search_spanish || search_code)) WITH (fastupdate=false);
--> statement-breakpoint
CREATE INDEX "chunks_words" ON "chunks" USING gin ("user_id",words gin_trgm_ops) WITH (fastupdate=false);
--> statement-breakpoint
CREATE UNIQUE INDEX "documents_path" ON "documents" USING btree ("user_id",md5(path));
--> statement-breakpoint
CREATE INDEX "documents_work" ON "documents" USING btree ("queued_at") WHERE state in ('queued', 'reading', 'embedding');
--> statement-breakpoint
CREATE UNIQUE INDEX "knowledge_roots_path" ON "knowledge_roots" USING btree ("user_id",md5(path));
--> statement-breakpoint
CREATE INDEX "knowledge_roots_scan" ON "knowledge_roots" USING btree ("next_scan_at");
--> statement-breakpoint
-- Nothing is planned by what is in these, and collecting it is most of the work of an ANALYZE.
ALTER INDEX "chunks_search" ALTER COLUMN 2 SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE "chunks" ALTER COLUMN "text" SET STATISTICS 0, ALTER COLUMN "trail" SET STATISTICS 0, ALTER COLUMN "words" SET STATISTICS 0,
  ALTER COLUMN "search_english" SET STATISTICS 0, ALTER COLUMN "search_spanish" SET STATISTICS 0, ALTER COLUMN "search_code" SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE "chunk_vectors" ALTER COLUMN "vector" SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE "documents" ALTER COLUMN "search_path" SET STATISTICS 0;
