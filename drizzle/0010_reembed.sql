CREATE TABLE "embedding_models" (
	"role" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"since" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "embedding_models_name_unique" UNIQUE("name"),
	CONSTRAINT "embedding_models_role" CHECK (role in ('serving', 'coming')),
	CONSTRAINT "embedding_models_kind" CHECK (kind in ('neural', 'lexical'))
);
--> statement-breakpoint
CREATE TABLE "embedding_wishes" (
	"process" uuid PRIMARY KEY NOT NULL,
	"model" text NOT NULL,
	"until" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"parameters" jsonb NOT NULL,
	"done" bigint DEFAULT 0 NOT NULL,
	"total" bigint DEFAULT 0 NOT NULL,
	"note" text,
	"owner" uuid,
	"lease_until" timestamp (3) with time zone,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "jobs_state" CHECK (state in ('running', 'done', 'failed', 'interrupted'))
);
--> statement-breakpoint
ALTER TABLE "chunk_vectors" DROP CONSTRAINT "chunk_vectors_user_id_document_id_chunk_id_pk";--> statement-breakpoint
ALTER TABLE "message_vectors" DROP CONSTRAINT "message_vectors_user_id_message_id_pk";--> statement-breakpoint
ALTER TABLE "chunk_vectors" ADD CONSTRAINT "chunk_vectors_user_id_document_id_chunk_id_model_pk" PRIMARY KEY("user_id","document_id","chunk_id","model");--> statement-breakpoint
ALTER TABLE "message_vectors" ADD CONSTRAINT "message_vectors_user_id_message_id_model_pk" PRIMARY KEY("user_id","message_id","model");--> statement-breakpoint
CREATE INDEX "jobs_started" ON "jobs" USING btree ("started_at");--> statement-breakpoint
CREATE INDEX "chunk_vectors_model" ON "chunk_vectors" USING btree (md5(model));
--> statement-breakpoint
-- Written by hand from here on. The model of most vectors is the one that has served so far.
INSERT INTO "embedding_models" ("role", "name", "kind")
  SELECT 'serving', model, kind FROM (
    SELECT model, CASE WHEN vector IS NULL THEN 'lexical' ELSE 'neural' END AS kind FROM "message_vectors"
    UNION ALL SELECT model, 'neural' FROM "chunk_vectors") AS vectors
  GROUP BY model, kind ORDER BY count(*) DESC LIMIT 1;
--> statement-breakpoint
-- Recall looks up the vectors of one model by the key alone, and progress is counted in it; nothing is planned by what they hold.
ALTER TABLE "message_vectors" ALTER COLUMN "vector" SET STATISTICS 0, ALTER COLUMN "features" SET STATISTICS 0;
--> statement-breakpoint
INSERT INTO "embedding_queue" SELECT "user_id", "id" FROM "messages" AS m
  WHERE NOT EXISTS (SELECT FROM "message_vectors" AS v, "embedding_models" AS e
    WHERE v.user_id = m.user_id AND v.message_id = m.id AND v.model = e.name)
  ON CONFLICT DO NOTHING;
