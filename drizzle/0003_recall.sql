CREATE TABLE "embedding_queue" (
	"user_id" text NOT NULL,
	"message_id" uuid NOT NULL,
	CONSTRAINT "embedding_queue_user_id_message_id_pk" PRIMARY KEY("user_id","message_id")
);
--> statement-breakpoint
CREATE TABLE "message_vectors" (
	"user_id" text NOT NULL,
	"message_id" uuid NOT NULL,
	"model" text NOT NULL,
	"vector" halfvec(1536),
	"features" sparsevec(536870912),
	CONSTRAINT "message_vectors_user_id_message_id_pk" PRIMARY KEY("user_id","message_id"),
	CONSTRAINT "message_vectors_one" CHECK (num_nonnulls(vector, features) = 1)
);
--> statement-breakpoint
-- Out-of-line vectors make an exact scan several times slower, and the planner does not price them. The features of most
-- messages fit in line too; those of a very long one do not.
ALTER TABLE "message_vectors" ALTER COLUMN "vector" SET STORAGE PLAIN, SET (toast_tuple_target = 8160);
--> statement-breakpoint
DROP INDEX "messages_not_embedded";
--> statement-breakpoint
DROP INDEX "messages_search";
--> statement-breakpoint
ALTER TABLE "chat_sessions" ADD COLUMN "imported_as" text;
--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "search_english" "tsvector" GENERATED ALWAYS AS (to_tsvector('tertulia_english', translate(coalesce(name || ' ', '') || left(content, 100000), './_-@:''’\<>&', '            ') || ' ' || (array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'])[extract(isodow from created_at at time zone 'UTC')::int] || ' ' || extract(day from created_at at time zone 'UTC')::int::text || ' ' || (array['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'])[extract(month from created_at at time zone 'UTC')::int] || ' ' || extract(year from created_at at time zone 'UTC')::int::text)) STORED NOT NULL;
--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "search_spanish" "tsvector" GENERATED ALWAYS AS (to_tsvector('tertulia_spanish', translate(coalesce(name || ' ', '') || left(content, 100000), './_-@:''’\<>&', '            ') || ' ' || (array['lunes', 'martes', 'miércoles', 'jueves', 'viernes', 'sábado', 'domingo'])[extract(isodow from created_at at time zone 'UTC')::int] || ' ' || extract(day from created_at at time zone 'UTC')::int::text || ' ' || (array['enero', 'febrero', 'marzo', 'abril', 'mayo', 'junio', 'julio', 'agosto', 'septiembre', 'octubre', 'noviembre', 'diciembre'])[extract(month from created_at at time zone 'UTC')::int] || ' ' || extract(year from created_at at time zone 'UTC')::int::text)) STORED NOT NULL;
--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "fingerprint" bigint GENERATED ALWAYS AS (hashtextextended(role || ' ' || coalesce(name, '') || ' ' || content, 0)) STORED NOT NULL;
--> statement-breakpoint
ALTER TABLE "embedding_queue" ADD CONSTRAINT "embedding_queue_message" FOREIGN KEY ("user_id","message_id") REFERENCES "public"."messages"("user_id","id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "message_vectors" ADD CONSTRAINT "message_vectors_message" FOREIGN KEY ("user_id","message_id") REFERENCES "public"."messages"("user_id","id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "embedding_queue_order" ON "embedding_queue" USING btree ("message_id","user_id");
--> statement-breakpoint
CREATE INDEX "message_vectors_model" ON "message_vectors" USING btree (md5(model));
--> statement-breakpoint
CREATE UNIQUE INDEX "chat_sessions_imported" ON "chat_sessions" USING btree ("user_id","imported_as") WHERE imported_as is not null;
--> statement-breakpoint
INSERT INTO "message_vectors" ("user_id", "message_id", "model", "vector")
  SELECT "user_id", "id", "embedding_model", "embedding" FROM "messages" WHERE "embedding" IS NOT NULL AND "embedding_model" IS NOT NULL;
--> statement-breakpoint
INSERT INTO "embedding_queue" SELECT "user_id", "id" FROM "messages" WHERE "embedding" IS NULL OR "embedding_model" IS NULL;
--> statement-breakpoint
ALTER TABLE "messages" DROP COLUMN "embedding";
--> statement-breakpoint
ALTER TABLE "messages" DROP COLUMN "embedding_model";
--> statement-breakpoint
ALTER TABLE "messages" DROP COLUMN "search";
--> statement-breakpoint
CREATE INDEX "messages_search" ON "messages" USING gin ("user_id",(search_english || search_spanish)) WITH (fastupdate=false);
--> statement-breakpoint
-- Recall reads the order and the length of all of a user's messages: from the index alone.
DROP INDEX "messages_of_session";
--> statement-breakpoint
CREATE INDEX "messages_of_session" ON "messages" USING btree ("user_id","session_id","id") INCLUDE ("token_count","fingerprint");
--> statement-breakpoint
-- A message that is stored waits for its vector from the same moment on, whoever stores it.
CREATE FUNCTION "queue_for_embedding"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO embedding_queue SELECT user_id, id FROM stored;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "messages_stored" AFTER INSERT ON "messages" REFERENCING NEW TABLE AS stored
  FOR EACH STATEMENT EXECUTE FUNCTION "queue_for_embedding"();
--> statement-breakpoint
CREATE FUNCTION "queue_for_embedding_again"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM message_vectors WHERE user_id = new.user_id AND message_id = new.id;
  INSERT INTO embedding_queue VALUES (new.user_id, new.id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "messages_changed" AFTER UPDATE OF "content", "name" ON "messages"
  FOR EACH ROW EXECUTE FUNCTION "queue_for_embedding_again"();
