import { goDockerfile, javaDockerfile, rustDockerfile, staticDockerfile } from './compiled-dockerfile.ts';
import type { DockerPlan } from './docker-plan.ts';
import { dockerignoreText } from './dockerignore.ts';
import type { Draft } from './draft.ts';
import { nodeDockerfile } from './node-dockerfile.ts';
import type { Stack } from './project.ts';
import { pythonDockerfile } from './python-dockerfile.ts';

const PRESENT =
  /^(?:(?:docker|\.docker|build|deploy|deployment|ops|infra)\/)?(?:.*\.)?(?:Dockerfile|Containerfile)(?:\.[\w-]+)?$/i;

/** Plans a Dockerfile and a .dockerignore, unless the project has them. */
export async function addDockerfile(draft: Draft, stack: Stack): Promise<void> {
  const { view } = draft.project;
  const present = view.paths.find((path) => PRESENT.test(path) && !path.endsWith('.dockerignore'));
  if (present !== undefined) {
    draft.kept.push(present);
    return;
  }
  const plan = await planFor(draft, stack);
  if ('reason' in plan) {
    draft.assumptions.push(`No Dockerfile was added: ${plan.reason}`);
    return;
  }
  draft.add('Dockerfile', `${plan.lines.join('\n')}\n`);
  for (const { path, content } of plan.others ?? []) draft.add(path, content);
  if (view.paths.includes('.dockerignore')) draft.kept.push('.dockerignore');
  else draft.add('.dockerignore', dockerignoreText(stack, view.paths));
  const image = imageName(draft.project.title);
  draft.run.push(
    `docker build -t ${image} .`,
    plan.port === null ? `docker run --rm ${image}` : `docker run --rm -p ${plan.port}:${plan.port} ${image}`,
  );
}

async function planFor(draft: Draft, stack: Stack): Promise<DockerPlan> {
  switch (stack.kind) {
    case 'node':
      return await nodeDockerfile(draft, stack);
    case 'python':
      return await pythonDockerfile(draft, stack);
    case 'go':
      return await goDockerfile(draft, stack);
    case 'rust':
      return rustDockerfile(stack);
    case 'java':
      return javaDockerfile(stack);
    case 'static':
      return staticDockerfile(stack);
  }
}

function imageName(title: string): string {
  const folded = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return folded.replace(/^-+|-+$/g, '').slice(0, 60) || 'project';
}
