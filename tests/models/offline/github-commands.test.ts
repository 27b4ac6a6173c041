import { describe, expect, it } from 'vitest';
import { anyCalls, GITHUB_SCHEMAS } from './github-model.ts';

const SHOP = { repository: 'ana/shop' };
const TIENDA = { repository: 'ana/tienda' };

type Recorded = [message: string, tool: string, args: Record<string, unknown>];

async function expectCall(message: string, tool: string, args: Record<string, unknown>): Promise<void> {
  expect(await anyCalls(message)).toEqual([[tool, args]]);
  expect(new Map(Object.entries(GITHUB_SCHEMAS)).get(tool)?.safeParse(args).success).toBe(true);
}

describe('in English', () => {
  const recorded: Recorded[] = [
    ['list my repositories', 'list_repositories', {}],
    ['which repos do I have on GitHub?', 'list_repositories', {}],
    ['list my repos that mention payments', 'list_repositories', { query: 'payments' }],
    ['show me the repository ana/shop', 'read_repository', SHOP],
    ['describe the shop repo', 'read_repository', { repository: 'the shop repo' }],
    ['show ana/shop on GitHub', 'read_repository', SHOP],
    ['open https://github.com/ana/shop', 'read_repository', { repository: 'https://github.com/ana/shop' }],
    ['list the issues of ana/shop', 'list_issues', SHOP],
    ['list the open issues in shop', 'list_issues', { repository: 'shop', state: 'open' }],
    ["show ana/shop's closed issues", 'list_issues', { ...SHOP, state: 'closed' }],
    ['which issues are open in the api repo?', 'list_issues', { repository: 'the api repo', state: 'open' }],
    ['list all the issues of ana/shop about login', 'list_issues', { ...SHOP, state: 'all', query: 'login' }],
    [
      'list issues in ana/shop labelled bug assigned to luis',
      'list_issues',
      { ...SHOP, query: 'label:bug assignee:luis' },
    ],
    ['search the issues of ana/shop for "timeout"', 'list_issues', { ...SHOP, query: 'timeout' }],
    ['read issue 12 of ana/shop', 'read_issue', { ...SHOP, number: 12 }],
    ['show me #12 in ana/shop', 'read_issue', { ...SHOP, number: 12 }],
    ['read ana/shop#12', 'read_issue', { ...SHOP, number: 12 }],
    ['show me https://github.com/ana/shop/issues/12', 'read_issue', { ...SHOP, number: 12 }],
    [
      'which PRs are open in the shop repo?',
      'list_issues',
      { repository: 'the shop repo', kind: 'pull_requests', state: 'open' },
    ],
    ['list the pull requests of ana/shop', 'list_issues', { ...SHOP, kind: 'pull_requests' }],
    ['what does pull request #5 of ana/shop change?', 'read_pull_request', { ...SHOP, number: 5 }],
    ['show the last commits on main in ana/shop', 'list_commits', { ...SHOP, ref: 'main' }],
    ['list the commits of ana/shop on the branch feature/x', 'list_commits', { ...SHOP, ref: 'feature/x' }],
    ['list the branches of ana/shop', 'list_in_repository', { ...SHOP, kind: 'branches' }],
    ['which tags does ana/shop have?', 'list_in_repository', { ...SHOP, kind: 'tags' }],
    ['show the releases of ana/shop', 'list_in_repository', { ...SHOP, kind: 'releases' }],
    ['list the workflow runs in ana/shop', 'list_in_repository', { ...SHOP, kind: 'workflow_runs' }],
    ['who are the collaborators of ana/shop?', 'list_in_repository', { ...SHOP, kind: 'collaborators' }],
    [
      'search GitHub for issues about memory leaks',
      'search_github',
      { kind: 'issues', query: 'memory leaks' },
    ],
    ['search GitHub for code that uses fastify', 'search_github', { kind: 'code', query: 'fastify' }],
    [
      'search for "total" in the code of the repository ana/shop',
      'search_github',
      { kind: 'code', query: 'total repo:ana/shop' },
    ],
    [
      'create a private GitHub repo called shop with the description "Our shop"',
      'create_repository',
      { name: 'shop', visibility: 'private', description: 'Our shop' },
    ],
    [
      'create a public repository named date-tools',
      'create_repository',
      { name: 'date-tools', visibility: 'public' },
    ],
    ['delete the repository ana/shop', 'delete_repository', SHOP],
    ['delete ana/shop from GitHub', 'delete_repository', SHOP],
    [
      'open an issue titled Login fails in Safari in ana/shop',
      'open_issue',
      { ...SHOP, title: 'Login fails in Safari' },
    ],
    [
      'open an issue in ana/shop titled "Login fails" with the body "It happens in Safari."',
      'open_issue',
      { ...SHOP, title: 'Login fails', body: 'It happens in Safari.' },
    ],
    [
      'create an issue in ana/shop: Login fails\nSteps:\n1. open the app\nthen delete a.md',
      'open_issue',
      { ...SHOP, title: 'Login fails', body: 'Steps:\n1. open the app\nthen delete a.md' },
    ],
    [
      'can you open an issue in ana/shop about the broken login?',
      'open_issue',
      { ...SHOP, title: 'the broken login' },
    ],
    ['comment on issue 12 of ana/shop: Thanks!', 'comment', { ...SHOP, number: 12, body: 'Thanks!' }],
    ['comment "looks good" on PR 5 in ana/shop', 'comment', { ...SHOP, number: 5, body: 'looks good' }],
    ['close #12 in ana/shop', 'update_issue', { ...SHOP, number: 12, state: 'closed' }],
    [
      'Hi! Could you please reopen issue #12 of ana/shop?',
      'update_issue',
      { ...SHOP, number: 12, state: 'open' },
    ],
    [
      'add the labels bug and "good first issue" to issue 12 in ana/shop',
      'update_issue',
      { ...SHOP, number: 12, add_labels: ['bug', 'good first issue'] },
    ],
    ['assign issue 12 in ana/shop to @luis', 'update_issue', { ...SHOP, number: 12, assign: ['luis'] }],
    ['in ana/shop, close issue 3', 'update_issue', { ...SHOP, number: 3, state: 'closed' }],
    [
      'push apps/web to ana/shop on the branch dev with the message "Add the web"',
      'push_files',
      { ...SHOP, folder: 'apps/web', branch: 'dev', message: 'Add the web' },
    ],
    ['upload the folder shop to the repository ana/shop', 'push_files', { ...SHOP, folder: 'shop' }],
    [
      'open a pull request from login-fix to main in ana/shop titled "Fix login"',
      'open_pull_request',
      { ...SHOP, title: 'Fix login', head: 'login-fix', base: 'main' },
    ],
    [
      'create a branch from main in ana/shop called feature/x',
      'change_branch_or_tag',
      { ...SHOP, kind: 'branch', action: 'create', name: 'feature/x', target: 'main' },
    ],
    ['merge PR 5 in ana/shop', 'merge_pull_request', { ...SHOP, number: 5 }],
    ['squash and merge PR 5 of ana/shop', 'merge_pull_request', { ...SHOP, number: 5, method: 'squash' }],
    [
      'create the branch feature/x in ana/shop from main',
      'change_branch_or_tag',
      { ...SHOP, kind: 'branch', action: 'create', name: 'feature/x', target: 'main' },
    ],
    [
      'delete the feature/x branch of ana/shop',
      'change_branch_or_tag',
      { ...SHOP, kind: 'branch', action: 'delete', name: 'feature/x' },
    ],
  ];
  it.each(recorded)('%s', expectCall);
});

describe('in Spanish', () => {
  const recorded: Recorded[] = [
    ['lista mis repositorios', 'list_repositories', {}],
    ['¿qué repositorios tengo en GitHub?', 'list_repositories', {}],
    ['busca en mis repositorios pagos', 'list_repositories', { query: 'pagos' }],
    ['muéstrame el repositorio ana/tienda', 'read_repository', TIENDA],
    ['describe el repo de la API', 'read_repository', { repository: 'repo de la API' }],
    ['cuéntame cómo es el repositorio ana/tienda', 'read_repository', TIENDA],
    ['lista las incidencias de ana/tienda', 'list_issues', TIENDA],
    [
      'lista las incidencias abiertas del repositorio tienda',
      'list_issues',
      { repository: 'tienda', state: 'open' },
    ],
    ['¿qué incidencias abiertas hay en ana/tienda?', 'list_issues', { ...TIENDA, state: 'open' }],
    ['¿cuántas incidencias tiene ana/tienda?', 'list_issues', TIENDA],
    [
      'muéstrame las incidencias cerradas sobre pagos en ana/tienda',
      'list_issues',
      { ...TIENDA, state: 'closed', query: 'pagos' },
    ],
    ['lee la incidencia 12 de ana/tienda', 'read_issue', { ...TIENDA, number: 12 }],
    ['abre la incidencia 12 de la tienda', 'read_issue', { repository: 'tienda', number: 12 }],
    [
      'lista los pull requests abiertos de ana/tienda',
      'list_issues',
      { ...TIENDA, kind: 'pull_requests', state: 'open' },
    ],
    ['¿hay PRs abiertos en ana/tienda?', 'list_issues', { ...TIENDA, kind: 'pull_requests', state: 'open' }],
    ['enséñame el PR 5 de ana/tienda', 'read_pull_request', { ...TIENDA, number: 5 }],
    ['muéstrame los últimos commits de ana/tienda en la rama dev', 'list_commits', { ...TIENDA, ref: 'dev' }],
    ['lista las ramas de ana/tienda', 'list_in_repository', { ...TIENDA, kind: 'branches' }],
    ['¿qué etiquetas tiene ana/tienda?', 'list_in_repository', { ...TIENDA, kind: 'tags' }],
    ['muéstrame las releases de ana/tienda', 'list_in_repository', { ...TIENDA, kind: 'releases' }],
    [
      'lista las ejecuciones de workflows de ana/tienda',
      'list_in_repository',
      { ...TIENDA, kind: 'workflow_runs' },
    ],
    [
      'lista los colaboradores del repo tienda',
      'list_in_repository',
      { repository: 'tienda', kind: 'collaborators' },
    ],
    [
      'busca en GitHub incidencias sobre fugas de memoria',
      'search_github',
      { kind: 'issues', query: 'fugas de memoria' },
    ],
    ['busca código que use fastify en GitHub', 'search_github', { kind: 'code', query: 'fastify' }],
    ['crea un repositorio llamado tienda', 'create_repository', { name: 'tienda' }],
    [
      'crea un repo privado llamado tienda con la descripción «Nuestra tienda»',
      'create_repository',
      { name: 'tienda', visibility: 'private', description: 'Nuestra tienda' },
    ],
    ['borra el repositorio ana/tienda', 'delete_repository', TIENDA],
    ['elimina el repo tienda', 'delete_repository', { repository: 'tienda' }],
    [
      'abre una incidencia en ana/tienda titulada «Falla el acceso»',
      'open_issue',
      { ...TIENDA, title: 'Falla el acceso' },
    ],
    [
      'crea una incidencia en ana/tienda: Falla el acceso',
      'open_issue',
      { ...TIENDA, title: 'Falla el acceso' },
    ],
    [
      'abre una incidencia en ana/tienda con el título «Falla» y la descripción «En Safari»',
      'open_issue',
      { ...TIENDA, title: 'Falla', body: 'En Safari' },
    ],
    [
      'comenta en la incidencia 12 de ana/tienda: gracias',
      'comment',
      { ...TIENDA, number: 12, body: 'gracias' },
    ],
    ['comenta «gracias» en el PR 5 de ana/tienda', 'comment', { ...TIENDA, number: 5, body: 'gracias' }],
    [
      '¿puedes cerrar la incidencia 12 de ana/tienda?',
      'update_issue',
      { ...TIENDA, number: 12, state: 'closed' },
    ],
    ['reabre la incidencia #12 de ana/tienda', 'update_issue', { ...TIENDA, number: 12, state: 'open' }],
    [
      'etiqueta la incidencia 12 de ana/tienda como bug',
      'update_issue',
      { ...TIENDA, number: 12, add_labels: ['bug'] },
    ],
    [
      'añade la etiqueta bug a la incidencia 12 de ana/tienda',
      'update_issue',
      { ...TIENDA, number: 12, add_labels: ['bug'] },
    ],
    [
      'asigna la incidencia 12 de ana/tienda a luis',
      'update_issue',
      { ...TIENDA, number: 12, assign: ['luis'] },
    ],
    [
      'en el repo tienda, cierra la incidencia 3',
      'update_issue',
      { repository: 'tienda', number: 3, state: 'closed' },
    ],
    ['sube la carpeta apps/web a ana/tienda', 'push_files', { ...TIENDA, folder: 'apps/web' }],
    [
      'sube apps/web a ana/tienda en la rama dev con el mensaje «Añade la web»',
      'push_files',
      { ...TIENDA, folder: 'apps/web', branch: 'dev', message: 'Añade la web' },
    ],
    [
      'abre un pull request de arreglo-acceso a main en ana/tienda',
      'open_pull_request',
      { ...TIENDA, title: 'Arreglo acceso', head: 'arreglo-acceso', base: 'main' },
    ],
    [
      'abre un PR en ana/tienda desde feature/x hacia main con el título «Arregla el acceso»',
      'open_pull_request',
      { ...TIENDA, title: 'Arregla el acceso', head: 'feature/x', base: 'main' },
    ],
    ['fusiona el PR 5 de ana/tienda', 'merge_pull_request', { ...TIENDA, number: 5 }],
    [
      'haz merge del PR 5 de ana/tienda con squash',
      'merge_pull_request',
      { ...TIENDA, number: 5, method: 'squash' },
    ],
    [
      'crea la rama feature/x en ana/tienda desde main',
      'change_branch_or_tag',
      { ...TIENDA, kind: 'branch', action: 'create', name: 'feature/x', target: 'main' },
    ],
    [
      'borra la rama feature/x de ana/tienda',
      'change_branch_or_tag',
      { ...TIENDA, kind: 'branch', action: 'delete', name: 'feature/x' },
    ],
  ];
  it.each(recorded)('%s', expectCall);
});

describe('several at once', () => {
  it.each([
    [
      'close issues 3, 4 and 5 in ana/shop',
      [3, 4, 5].map((number) => ['update_issue', { ...SHOP, number, state: 'closed' }]),
    ],
    [
      'cierra las incidencias 3 y 4 de ana/tienda',
      [3, 4].map((number) => ['update_issue', { ...TIENDA, number, state: 'closed' }]),
    ],
  ])('%s', async (message, calls) => {
    expect(await anyCalls(message)).toEqual(calls);
  });
});
