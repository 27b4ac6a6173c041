CREATE TABLE "approvals" (
	"user_id" text NOT NULL,
	"id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"code" text NOT NULL,
	"agent" text NOT NULL,
	"tool" text NOT NULL,
	"effect" text NOT NULL,
	"summary" text NOT NULL,
	"preview" text NOT NULL,
	"call_hash" text NOT NULL,
	"decision" text,
	"reason" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"decided_at" timestamp (3) with time zone,
	CONSTRAINT "approvals_user_id_id_pk" PRIMARY KEY("user_id","id"),
	CONSTRAINT "approvals_decision" CHECK (decision in ('approve', 'reject', 'expired', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
	"user_id" text NOT NULL,
	"run_id" uuid NOT NULL,
	"graph" "bytea" NOT NULL,
	"tool_calls" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "checkpoints_user_id_run_id_pk" PRIMARY KEY("user_id","run_id")
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"user_id" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" text NOT NULL,
	"run_id" uuid NOT NULL,
	"after_seq" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_user_id_key_pk" PRIMARY KEY("user_id","key")
);
--> statement-breakpoint
CREATE TABLE "run_events" (
	"user_id" text NOT NULL,
	"run_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"type" text NOT NULL,
	"data" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "run_events_user_id_run_id_seq_pk" PRIMARY KEY("user_id","run_id","seq"),
	CONSTRAINT "run_events_type" CHECK (type in ('run', 'recall', 'agent', 'tool', 'token', 'approval', 'done', 'error'))
);
--> statement-breakpoint
ALTER TABLE "runs" DROP CONSTRAINT "runs_status";--> statement-breakpoint
DROP INDEX "runs_leases";--> statement-breakpoint
ALTER TABLE "chat_sessions" ADD COLUMN "is_first" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "partial" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "place" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "ahead" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "trimmed" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_run" FOREIGN KEY ("user_id","run_id") REFERENCES "public"."runs"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_run" FOREIGN KEY ("user_id","run_id") REFERENCES "public"."runs"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_run" FOREIGN KEY ("user_id","run_id") REFERENCES "public"."runs"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_events" ADD CONSTRAINT "run_events_run" FOREIGN KEY ("user_id","run_id") REFERENCES "public"."runs"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "approvals_of_run" ON "approvals" USING btree ("user_id","run_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "approvals_code" ON "approvals" USING btree ("user_id","code") WHERE decision is null;--> statement-breakpoint
CREATE INDEX "approvals_expiry" ON "approvals" USING btree ("expires_at") WHERE decision is null;--> statement-breakpoint
CREATE INDEX "idempotency_keys_run_of" ON "idempotency_keys" USING btree ("user_id","run_id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "chat_sessions_first" ON "chat_sessions" USING btree ("user_id") WHERE is_first;--> statement-breakpoint
CREATE UNIQUE INDEX "runs_place" ON "runs" USING btree ("user_id","session_id","place") WHERE place > 0;--> statement-breakpoint
CREATE INDEX "runs_queue" ON "runs" USING btree ("user_id","session_id","ahead" DESC NULLS LAST,"id") WHERE status = 'queued';--> statement-breakpoint
CREATE INDEX "runs_to_trim" ON "runs" USING btree ("finished_at") WHERE finished_at is not null and not trimmed;--> statement-breakpoint
CREATE INDEX "runs_leases" ON "runs" USING btree ("lease_expires_at") WHERE status in ('running', 'queued');--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_status" CHECK (status in ('queued', 'running', 'awaiting_approval', 'completed', 'failed', 'cancelled'));