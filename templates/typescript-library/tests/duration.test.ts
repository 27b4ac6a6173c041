import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../src/index.js";

describe("parseDuration", () => {
  it.each([
    ["250ms", 250],
    ["90s", 90_000],
    ["1h 30m", 5_400_000],
    ["1h30m", 5_400_000],
    [" 1.5 h ", 5_400_000],
    ["2d 4h", 187_200_000],
    ["0s", 0],
    ["1.6ms", 2],
  ])("reads %j as %d milliseconds", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(["", " ", "90", "h", "-5m", "1h and 30m", "5 minutes", "1h 30"])("refuses %j", (text) => {
    expect(() => parseDuration(text)).toThrow(RangeError);
  });

  it("says which text it could not read", () => {
    expect(() => parseDuration("soon")).toThrow('"soon" is not a duration');
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0ms"],
    [999, "999ms"],
    [5_400_000, "1h 30m"],
    [90_061_001, "1d 1h 1m 1s 1ms"],
  ])("writes %d milliseconds as %j", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses %d", (milliseconds) => {
    expect(() => formatDuration(milliseconds)).toThrow(RangeError);
  });

  it.each([1, 1_000, 86_399_999, 86_400_000, 123_456_789])(
    "can be read back: %d",
    (milliseconds) => {
      expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
    },
  );
});
