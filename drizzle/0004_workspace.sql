CREATE TABLE "file_changes" (
	"user_id" text NOT NULL,
	"id" uuid NOT NULL,
	"operation" text NOT NULL,
	"path" text NOT NULL,
	"from_path" text,
	"before" jsonb,
	"after" jsonb,
	"left_behind" jsonb,
	"made" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"cleared" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"undoes" uuid,
	"run_id" uuid,
	"call_id" uuid,
	"agent" text,
	"state" text NOT NULL,
	"owner" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "file_changes_user_id_id_pk" PRIMARY KEY("user_id","id"),
	CONSTRAINT "file_changes_operation" CHECK (operation in ('created', 'replaced', 'deleted', 'moved')),
	CONSTRAINT "file_changes_state" CHECK (state in ('pending', 'done', 'unclear'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX "file_changes_pending" ON "file_changes" USING btree ("user_id") WHERE state = 'pending';--> statement-breakpoint
CREATE UNIQUE INDEX "file_changes_undoes" ON "file_changes" USING btree ("user_id","undoes") WHERE undoes is not null;--> statement-breakpoint
CREATE INDEX "file_changes_path" ON "file_changes" USING btree ("user_id",md5(path),"id");--> statement-breakpoint
CREATE INDEX "file_changes_from" ON "file_changes" USING btree ("user_id",md5(from_path),"id") WHERE from_path is not null;--> statement-breakpoint
CREATE INDEX "file_changes_run" ON "file_changes" USING btree ("user_id","run_id","id") WHERE run_id is not null;--> statement-breakpoint
CREATE INDEX "file_changes_call" ON "file_changes" USING btree ("user_id","call_id") WHERE call_id is not null;