import { verbsInAr } from './file-words.ts';
import { sequences } from './project-clauses.ts';
import { words } from './slots.ts';

/** The agent that repositories are the business of. */
export const GITHUB_AGENT = 'github-admin';

/*
 * The words that commands about repositories are made of, as alternatives of a phrase. English first; Spanish names are Spanish.
 */
export const REPOS = 'repositories|repos';
export const REPOSITORIOS = 'repositorios|repos';
export const PULLS = 'pull_requests|pull-requests|prs';
export const SHOW = 'list|show|display|see|view|get|give';
export const OPEN = 'open|create|file|add|report|raise|submit|log|post|new';
export const CLOSE = 'close|resolve';
export const COMMENT = 'comment|reply|respond';
export const PUSH = 'push|upload|commit|commit_and_push';
// "Abrí" and "subí" are what one did as well as what is to be done, and others would see it.
export const ABRE = 'abre|abra|abrir|abras|abrieras|abreme|abrirme';
export const CIERRA = `cierra|cierre|cerra|cerrar|cierres|cerraras|cierrame|resuelve|resuelva|resolver|resuelvas|finaliza|finalizar`;
export const REABRE = 'reabre|reabra|reabrir|reabras|vuelve_a_abrir|vuelva_a_abrir|volver_a_abrir';
export const COMENTA = `${verbsInAr('coment', 'contest')}|responde|responda|responder|respondas|respondele`;
export const SUBE = 'sube|suba|subir|subas|subeme|empuja|empujar|haz_push_de|haz_push_del';
export const FUSIONA = `${verbsInAr('fusion', 'merge', 'mezcl', 'integr')}|haz_merge_de|haz_merge_del|haga_merge_de|hacer_merge_de|hacer_merge_del`;

/** A noun of one of them, as what may stand before a name. */
export const REPOSITORY_NOUNS = words('repository repo repositorio');
export const BRANCH_NOUNS = words('branch rama');
export const ISSUE_NOUNS = sequences('issue|issues|incidencia|incidencias|github issue|github issues');
export const PULL_NOUNS = sequences(
  'pull request|pull requests|pull-request|pull-requests|pr|prs|github pull request|github pr|solicitud de incorporacion de cambios',
);
export const NUMBER_WORDS = words('number no num numero nº n.º #');
/** What stands before the repository that something is in. */
export const WITHIN = words('in of from on at for within en de del para');
export const OWNERS = words('the my our your el la los las mi mis nuestro nuestra tu');
export const REFERRING = words('this that same este ese esta esa mismo misma');
/** Branches that need no noun. */
export const USUAL_BRANCHES = words('main master develop dev trunk gh-pages staging production');

/** Words behind "repo" or in front of it that name none: "my old repo", "the repository pattern". */
export const NOT_REPOSITORIES = words(
  `private public new old empty whole entire other another same first last big small remote local current latest github git
  pattern patterns layer class interface manager structure list plan description settings name names url link page owner
  privado publico privada publica nuevo nueva viejo vieja antiguo vacio vacia actual remoto local completo completa entero
  jira gitlab bitbucket trello linear asana notion slack confluence redmine bugzilla youtrack zendesk
  detail general total question progress january february march april may june july august september october november
  december enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre english spanish ingles espanol`,
);
