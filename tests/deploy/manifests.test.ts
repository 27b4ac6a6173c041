import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { startTestApp, type TestApp } from '../support/app.ts';

// What can be known of docker-compose.yml and deploy/ without Docker or a cluster.

/** What a manifest says; tests read it as people do, without types. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Manifest = any;

const FOLDER = 'deploy/kubernetes';
/** Of those who read the environment themselves: PostgreSQL's image. */
const OF_IMAGES = ['POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB'];

let app: TestApp;
let compose: Manifest;
let manifests: Manifest[];
let settings: string[];
let stopSeconds: number;

beforeAll(async () => {
  app = await startTestApp();
  compose = parse(await readFile('docker-compose.yml', 'utf8'), { merge: true });
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml'));
  const texts = await Promise.all(files.map((name) => readFile(`${FOLDER}/${name}`, 'utf8')));
  manifests = texts.flatMap((text) => parseAllDocuments(text, { strict: true }).map((one) => one.toJS()));
  const groups = (await readdir('src/config')).map((name) => `src/config/${name}`);
  const sources = await Promise.all(['src/config.ts', ...groups].map((path) => readFile(path, 'utf8')));
  settings = [...sources.join('\n').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name ?? '');
  const server = await readFile('src/server.ts', 'utf8');
  const endMs = Number(/END_MS = ([\d_]+)/.exec(server)?.[1]?.replaceAll('_', ''));
  stopSeconds = (app.config.shutdownTimeoutMs + endMs) / 1_000;
  expect(stopSeconds).toBeGreaterThan(10);
});
afterAll(() => app.stop());

const ofKind = (kind: string) => manifests.filter((one) => one.kind === kind);
const seconds = (text: string) => Number(/^(\d+)s$/.exec(text)?.[1]);
const pathsOfApi = async () => Object.keys((await app.get('/openapi.json')).body.paths);

describe('docker-compose.yml', () => {
  it('gives the server settings that there are, and no others', () => {
    for (const [name, service] of Object.entries<Manifest>(compose.services)) {
      const known = name === 'database' ? OF_IMAGES : settings;
      expect(Object.keys(service.environment ?? {}).filter((one) => !known.includes(one))).toEqual([]);
    }
    const { environment } = compose.services['app-1'];
    expect(environment.DATABASE_URL).toMatch(/@database:5432\//);
    expect(environment.REDIS_URL).toBe('redis://redis:6379');
  });

  it('has two replicas that differ in nothing and share their files, behind a proxy that alone is published', () => {
    const { services, volumes, networks } = compose;
    expect(services['app-2']).toEqual(services['app-1']);
    expect(services['app-1'].volumes).toEqual(['workspace:/workspace']);
    expect(services['app-1'].environment.WORKSPACE_DIR).toBe('/workspace');
    expect(Object.keys(volumes)).toContain('workspace');
    const published = Object.entries<Manifest>(services).filter(([, { ports }]) => ports);
    expect(published.map(([name]) => name)).toEqual(['proxy']);
    expect(networks.inside.internal).toBe(true);
    for (const name of ['database', 'redis']) expect(services[name].networks).toEqual(['inside']);
    expect(services.proxy.networks).toEqual(['front']);
  });

  it('lets no service do more than it needs', () => {
    for (const [name, service] of Object.entries<Manifest>(compose.services)) {
      const held = {
        isReadOnly: service.read_only,
        capabilities: service.cap_drop,
        options: service.security_opt,
        hasMemoryLimit: typeof service.deploy.resources.limits.memory,
        hasHealthCheck: Array.isArray(service.healthcheck.test),
        hasEnd: seconds(service.stop_grace_period) > 0,
      };
      expect(held, name).toEqual({
        isReadOnly: true,
        capabilities: ['ALL'],
        options: ['no-new-privileges:true'],
        hasMemoryLimit: 'string',
        hasHealthCheck: true,
        hasEnd: true,
      });
      // The image of the server says itself who it runs as.
      if (!name.startsWith('app-')) expect(service.user, name).toMatch(/^(?!0|root)/);
    }
  });

  it('asks the server whether it is ready, and waits until it has ended', async () => {
    const { healthcheck, stop_grace_period: grace } = compose.services['app-1'];
    const path = /127\.0\.0\.1:3000(\/\w+)/.exec(healthcheck.test.join(' '))?.[1];
    expect(await pathsOfApi()).toContain(path);
    expect(path).toBe('/ready');
    expect(seconds(grace)).toBeGreaterThan(stopSeconds);
    for (const name of ['app-1', 'app-2'])
      expect(compose.services.proxy.depends_on[name]).toEqual({
        condition: 'service_healthy',
        restart: true,
      });
  });

  it('names the replicas as nginx does, on the port that they listen on', async () => {
    const nginx = await readFile('deploy/nginx.conf', 'utf8');
    const upstreams = [...nginx.matchAll(/^ *server ([\w-]+):(\d+) /gm)].map(([, name, port]) => ({
      name,
      port,
    }));
    const { PORT: port } = compose.services['app-1'].environment;
    expect(upstreams).toEqual([
      { name: 'app-1', port },
      { name: 'app-2', port },
    ]);
    const listens = /^ *listen (\d+);/m.exec(nginx)?.[1];
    expect(compose.services.proxy.ports).toEqual([expect.stringMatching(new RegExp(`:${listens}$`))]);
    const longestWait = Number(/proxy_read_timeout (\d+)s/.exec(nginx)?.[1]) * 1_000;
    const { timeoutMs, queueTimeoutMs } = app.config.turn;
    expect(longestWait).toBeGreaterThan(timeoutMs + queueTimeoutMs);
  });
});

describe('the Kubernetes manifests', () => {
  it('set only settings that there are, and refer only to what they define', () => {
    const [config] = ofKind('ConfigMap');
    const [secret] = ofKind('Secret');
    const given = [...Object.keys(config.data), ...Object.keys(secret.stringData)];
    expect(given.filter((name) => !settings.includes(name))).toEqual([]);
    for (const value of Object.values(config.data)) expect(value).toBeTypeOf('string');
    for (const { spec } of [...ofKind('Deployment'), ...ofKind('Job')]) {
      const [container] = spec.template.spec.containers;
      expect(container.envFrom).toEqual([
        { configMapRef: { name: config.metadata.name } },
        { secretRef: { name: secret.metadata.name } },
      ]);
      for (const { persistentVolumeClaim: claim } of spec.template.spec.volumes)
        if (claim) expect(ofKind('PersistentVolumeClaim')[0].metadata.name).toBe(claim.claimName);
    }
    expect(ofKind('PersistentVolumeClaim')[0].spec.accessModes).toEqual(['ReadWriteMany']);
  });

  it('send requests to the port of the two pods, and keep one of them', () => {
    const [{ spec }] = ofKind('Deployment');
    const [container] = spec.template.spec.containers;
    const [config] = ofKind('ConfigMap');
    expect(spec.replicas).toBe(2);
    expect(container.ports[0].containerPort).toBe(Number(config.data.PORT));
    const service = ofKind('Service').find(({ metadata }) => metadata.name === 'tertulia');
    expect(service.spec.ports[0].targetPort).toBe(container.ports[0].name);
    const { labels } = spec.template.metadata;
    expect(service.spec.selector).toEqual(labels);
    expect(spec.selector.matchLabels).toEqual(labels);
    const [budget] = ofKind('PodDisruptionBudget');
    expect(budget.spec).toEqual({ minAvailable: 1, selector: { matchLabels: labels } });
    const paths = ofKind('Ingress')[0].spec.rules[0].http.paths;
    const names = ofKind('Service').map(({ metadata }) => metadata.name);
    for (const { backend } of paths) expect(names).toContain(backend.service.name);
    expect(paths.find(({ path }: { path: string }) => path === '/metrics').backend.service.name).not.toBe(
      'tertulia',
    );
  });

  it('probe paths that the API has, and give a pod the time that it takes to end', async () => {
    const [{ spec }] = ofKind('Deployment');
    const pod = spec.template.spec;
    const { startupProbe, livenessProbe, readinessProbe, lifecycle } = pod.containers[0];
    const paths = await pathsOfApi();
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe])
      expect(paths).toContain(httpGet.path);
    expect(readinessProbe.httpGet.path).toBe('/ready');
    const [, wait] = lifecycle.preStop.exec.command;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(Number(wait) + stopSeconds);
  });

  it('let no pod do more than it needs', () => {
    for (const { spec } of [...ofKind('Deployment'), ...ofKind('Job')]) {
      const pod = spec.template.spec;
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const { securityContext, resources } of pod.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(resources.limits.memory).toBeTruthy();
      }
    }
  });
});

describe('the image', () => {
  it('has all that runs, and nothing that .dockerignore leaves out', async () => {
    const dockerfile = await readFile('Dockerfile', 'utf8');
    const sent = (await readFile('.dockerignore', 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names]) =>
      names?.split(' '),
    );
    expect(copied.filter((name) => !sent.includes(String(name)))).toEqual([]);
    expect(copied).toEqual(expect.arrayContaining(['drizzle', 'templates', 'src', 'package.json']));
    expect(dockerfile).toMatch(/^USER node$/m);
  });
});
