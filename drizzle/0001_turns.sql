CREATE TABLE "chat_sessions" (
	"user_id" text NOT NULL,
	"id" uuid NOT NULL,
	"title" text,
	"assistant" text DEFAULT 'assistant' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_message_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "chat_sessions_user_id_id_pk" PRIMARY KEY("user_id","id")
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"user_id" text NOT NULL,
	"id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"run_id" uuid,
	"role" text NOT NULL,
	"name" text,
	"agent" text,
	"content" text NOT NULL,
	"token_count" integer NOT NULL,
	"embedding" halfvec(1536),
	"embedding_model" text,
	"search" "tsvector" GENERATED ALWAYS AS (to_tsvector('tertulia_english', left(content, 100000)) || to_tsvector('tertulia_spanish', left(content, 100000))) STORED NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "messages_user_id_id_pk" PRIMARY KEY("user_id","id"),
	CONSTRAINT "messages_role" CHECK (role in ('user', 'assistant'))
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"user_id" text NOT NULL,
	"id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"entry" text NOT NULL,
	"memory" text NOT NULL,
	"status" text NOT NULL,
	"attempt" integer DEFAULT 1 NOT NULL,
	"model" text,
	"error" jsonb,
	"usage" jsonb,
	"agents" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"tool_calls" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"recalled" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"degraded" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"lease_owner" uuid,
	"lease_expires_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "runs_user_id_id_pk" PRIMARY KEY("user_id","id"),
	CONSTRAINT "runs_status" CHECK (status in ('running', 'completed', 'failed'))
);
--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_session" FOREIGN KEY ("user_id","session_id") REFERENCES "public"."chat_sessions"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_run" FOREIGN KEY ("user_id","run_id") REFERENCES "public"."runs"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_session" FOREIGN KEY ("user_id","session_id") REFERENCES "public"."chat_sessions"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "chat_sessions_latest" ON "chat_sessions" USING btree ("user_id","last_message_at","id");--> statement-breakpoint
CREATE INDEX "messages_of_session" ON "messages" USING btree ("user_id","session_id","id");--> statement-breakpoint
CREATE INDEX "messages_of_run" ON "messages" USING btree ("user_id","run_id");--> statement-breakpoint
CREATE INDEX "messages_search" ON "messages" USING gin ("user_id","search");--> statement-breakpoint
CREATE INDEX "messages_not_embedded" ON "messages" USING btree ("id") WHERE embedding_model is null;--> statement-breakpoint
CREATE UNIQUE INDEX "runs_one_per_session" ON "runs" USING btree ("user_id","session_id") WHERE status = 'running';--> statement-breakpoint
CREATE INDEX "runs_of_session" ON "runs" USING btree ("user_id","session_id","id");--> statement-breakpoint
CREATE INDEX "runs_leases" ON "runs" USING btree ("lease_expires_at") WHERE status = 'running';--> statement-breakpoint
-- Out-of-line vectors make an exact scan several times slower, and the planner does not price them.
ALTER TABLE "messages" ALTER COLUMN "embedding" SET STORAGE PLAIN;
