import type { Span, Tracer, TraceSettings } from './tracer.ts';

const nothing = () => undefined;
const SILENT_SPAN: Span = { enter: (work) => work(), set: nothing, name: nothing, end: nothing };
const SILENT_TRACER: Tracer = { begin: () => SILENT_SPAN, close: async () => undefined };

/** Creates a tracer; without a collector it does nothing, and nothing is loaded for it. */
export async function createTracer(
  settings: TraceSettings | undefined,
  onFailure: () => void,
): Promise<Tracer> {
  if (!settings) return SILENT_TRACER;
  const { openTelemetryTracer } = await import('./open-telemetry.ts');
  return openTelemetryTracer(settings, onFailure);
}
