CREATE TABLE "token_usage" (
	"user_id" text NOT NULL,
	"day" date DEFAULT (now() at time zone 'utc')::date NOT NULL,
	"input_tokens" bigint NOT NULL,
	"output_tokens" bigint NOT NULL,
	CONSTRAINT "token_usage_user_id_day_pk" PRIMARY KEY("user_id","day")
);
--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "turn_slot" smallint;--> statement-breakpoint
CREATE INDEX "token_usage_age" ON "token_usage" USING btree ("day");--> statement-breakpoint
CREATE UNIQUE INDEX "runs_turn_slot" ON "runs" USING btree ("user_id","turn_slot") WHERE status in ('queued', 'running');