import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';

/** Fastify tells of each server that it begins: https://fastify.dev/docs/latest/Reference/Hooks/#diagnostics-channel-hooks */
const CHANNEL = 'fastify.initialization';

/**
 * Runs what builds a server, and lists the routes that it adds, also those that OpenAPI does not show: "GET /sessions/:id". What
 * answers HEAD is left out where GET answers too.
 */
export async function withRouteList<App>(build: () => Promise<App>): Promise<{ app: App; routes: string[] }> {
  const routes = new Set<string>();
  const watch = (told: unknown) => {
    // This is what fastify sends on its channel.
    const { fastify } = told as { fastify: FastifyInstance };
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) routes.add(`${one} ${url}`);
    });
  };
  subscribe(CHANNEL, watch);
  try {
    const app = await build();
    const isExtra = (route: string) => route.startsWith('HEAD') && routes.has(route.replace('HEAD', 'GET'));
    return { app, routes: [...routes].filter((route) => !isExtra(route)) };
  } finally {
    unsubscribe(CHANNEL, watch);
  }
}
