CREATE TABLE "github_deliveries" (
	"id" text PRIMARY KEY NOT NULL,
	"place" bigint GENERATED ALWAYS AS IDENTITY (sequence name "github_deliveries_place_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"event" text NOT NULL,
	"repository_id" bigint,
	"payload" text,
	"owner" uuid,
	"waits_until" timestamp (3) with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"fault" text,
	"received_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "github_follows" (
	"user_id" text NOT NULL,
	"repository_id" bigint NOT NULL,
	"full_name" text NOT NULL,
	"checked_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "github_follows_user_id_repository_id_pk" PRIMARY KEY("user_id","repository_id")
);
--> statement-breakpoint
CREATE TABLE "github_tokens" (
	"user_id" text PRIMARY KEY NOT NULL,
	"sealed" text NOT NULL,
	"key_version" text NOT NULL,
	"login" text NOT NULL,
	"scopes" jsonb NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "github_deliveries_work" ON "github_deliveries" USING btree ("repository_id","place") WHERE payload is not null;--> statement-breakpoint
CREATE INDEX "github_deliveries_age" ON "github_deliveries" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "github_follows_repository" ON "github_follows" USING btree ("repository_id");