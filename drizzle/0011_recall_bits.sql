ALTER TABLE "message_vectors" ADD COLUMN "bits" bit(1536) GENERATED ALWAYS AS (binary_quantize(vector)::bit(1536)) STORED;
--> statement-breakpoint
-- Written by hand from here on: INCLUDE, because recall reads the bits of all of a user's vectors, from this index alone.
CREATE INDEX "message_vectors_bits" ON "message_vectors" USING btree ("user_id","model","message_id") INCLUDE ("bits") WHERE vector is not null;
--> statement-breakpoint
ALTER TABLE "message_vectors" ALTER COLUMN "bits" SET STATISTICS 0;
--> statement-breakpoint
-- An index is read alone where a vacuum has seen the rows (the signs of 50,000 vectors in 10 ms, else in 160 ms). Without this, one comes
-- when a fifth of the table is new; it reads what is new only.
ALTER TABLE "message_vectors" SET (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1000);
--> statement-breakpoint
-- How many messages somebody has, and how long they are, is told by one in 32 of them.
CREATE INDEX "messages_sample" ON "messages" USING btree ("user_id") INCLUDE ("token_count") WHERE hashtextextended(id::text, 0) & 31 = 0;
--> statement-breakpoint
-- One plan serves all users. It is to be good for somebody with much to say, whatever the others have: a user counts as a 200th of the table.
ALTER TABLE "messages" ALTER COLUMN "user_id" SET (n_distinct = 200);
--> statement-breakpoint
ALTER TABLE "message_vectors" ALTER COLUMN "user_id" SET (n_distinct = 200);
