/** What a user id takes, as the sentences about one say it. */
export const USER_ID_RULE =
  'takes 1 to 200 characters without control characters and without blanks at either end';

const LONGEST = 200;

/** Whether a text can be a user's id. Two ids are the same user only if they are the same characters. */
export function isUserId(id: string): boolean {
  return (
    id.length > 0 && id.length <= LONGEST && id.isWellFormed() && id === id.trim() && !/\p{Cc}/u.test(id)
  );
}
