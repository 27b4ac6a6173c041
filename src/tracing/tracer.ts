/** What a span tells beside its name; never content. */
export type Attributes = Record<string, string | number | boolean | undefined>;

/** A span that was begun. */
export interface Span {
  /** Runs work whose spans are children of this one, through all that the work awaits. */
  enter: <Result>(work: () => Result) => Result;
  set: (attributes: Attributes) => void;
  /** Gives it another name, where that is known only later. */
  name: (name: string) => void;
  /** Ends it, once; with the name of a failure, as a failed one. */
  end: (failure?: string) => void;
}

interface Beginning {
  /** `server`: a request from outside; `client`: a call to another server. */
  kind?: 'server' | 'client' | 'internal';
  attributes?: Attributes;
  /** The W3C `traceparent` of a caller whose trace this goes on with. */
  traceparent?: string | undefined;
}

/** Tells where the time of a request goes. */
export interface Tracer {
  /** Begins a span below the one that the code is running in. */
  begin: (name: string, beginning?: Beginning) => Span;
  /** Sends what is left, within a few seconds. */
  close: () => Promise<void>;
}

/** Where traces go. */
export interface TraceSettings {
  /** The base address of an OTLP/HTTP collector. */
  endpoint: string;
  headers: Record<string, string>;
  serviceName: string;
  /** The part of the traces that is kept, from 0 to 1; one that a caller began is kept if the caller keeps it. */
  ratio: number;
}
