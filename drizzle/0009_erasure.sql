CREATE TABLE "memory_erasures" (
	"user_id" text NOT NULL,
	"id" uuid NOT NULL,
	"files_left" boolean DEFAULT true NOT NULL,
	"erased_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memory_erasures_user_id_pk" PRIMARY KEY("user_id")
);
--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "erased" boolean DEFAULT false NOT NULL;