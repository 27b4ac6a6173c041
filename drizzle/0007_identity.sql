CREATE TABLE "api_keys" (
	"user_id" text NOT NULL,
	"id" uuid NOT NULL,
	"role" text NOT NULL,
	"name" text,
	"hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "api_keys_user_id_id_pk" PRIMARY KEY("user_id","id"),
	CONSTRAINT "api_keys_role" CHECK ("api_keys"."role" in ('user', 'service', 'admin'))
);
--> statement-breakpoint
CREATE INDEX "api_keys_id" ON "api_keys" USING btree ("id");