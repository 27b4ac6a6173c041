import { AGENT, LISTA, MUESTRA } from './file-words.ts';
import type { Skill } from './skill.ts';

const LAST = 'last|latest|recent|most_recent|previous|newest';
const CHANGES = 'changes|edits|change_history|history_of_changes|file_history|change_log|journal';
const LATELY = 'lately|recently|so_far|since_then|here|until_now';
const CHANGED =
  'changed|has_changed|was_changed|got_changed|did_you_change|have_you_changed|did_we_change|have_we_changed';
const ULTIMOS = 'ultimos|ultimas|recientes|mas_recientes';
const CAMBIOS = 'cambios|modificaciones|ediciones|historial_de_cambios|registro_de_cambios';
const HA_CAMBIADO =
  'ha_cambiado|cambio|se_ha_cambiado|se_cambio|has_cambiado|cambiaste|has_modificado|modificaste|se_ha_modificado|hemos_cambiado';
const ULTIMAMENTE = 'ultimamente|recientemente|hasta_ahora|aqui';

const UNDO = 'undo|revert|roll_back|rollback';
const OF_UNDO =
  'the_last_change|the_last_changes|the_latest_change|the_latest_changes|the_previous_change|the_most_recent_change|last_change|last_changes|the_last_edit|the_last_edits|the_last_action|the_last_step|the_last_thing|the_last_thing_you_did|your_last_change|your_last_changes|your_last_action|your_change|your_changes|that_change|this_change|that_last_change|those_changes|these_changes|the_change|the_changes|my_last_change|my_last_changes|what_you_did|what_you_just_did|what_you_changed|what_you_just_changed';
const DESHAZ =
  'deshaz|deshace|deshaga|deshacer|deshagas|deshicieras|deshazme|revierte|revierta|revertir|reverti|reviertas';
const DE_DESHACER =
  'eso|esto|lo_ultimo|lo_anterior|lo_ultimo_que_hiciste|lo_ultimo_que_has_hecho|el_ultimo_cambio|los_ultimos_cambios|el_cambio_anterior|ultimo_cambio|el_cambio|los_cambios|ese_cambio|este_cambio|esos_cambios|estos_cambios|tu_ultimo_cambio|tus_ultimos_cambios|tus_cambios|mi_ultimo_cambio|la_ultima_accion|la_ultima_modificacion|las_ultimas_modificaciones|lo_que_hiciste|lo_que_has_hecho|lo_que_acabas_de_hacer|lo_que_has_cambiado|lo_que_cambiaste|lo_que_acabas_de_cambiar';
const DESHAZLO =
  'deshazlo|deshacelo|deshagalo|deshacerlo|deshagaslo|reviertelo|reviertalo|revertirlo|deshazlos';
const SIGH = 'oops|wait|no_,|oh_no';
const SUSPIRO = 'perdon|espera|no_,|oh_no|ay';

const listChanges: Skill = {
  agent: AGENT,
  tool: 'list_changes',
  destructive: false,
  phrases: {
    en: [
      `what ${CHANGED} in|inside|under {certainplace} ${LATELY}?`,
      `what ${CHANGED} ${LATELY}?`,
      `tell|show me what ${CHANGED} in|inside|under {certainplace} ${LATELY}?`,
      `tell|show me what ${CHANGED} ${LATELY}?`,
      `show|list|see|display|view me? the|my|your|all? all? the? ${LAST}? ${CHANGES} in|of|to|for|inside|under|you_made_to|you_made_in {certainplace}`,
      `show|list|see|display|view me? the|my|your|all? all? the? ${LAST}? ${CHANGES} you_made|you_have_made|i_made|there_were|${LATELY}?`,
      `what|which ${CHANGES} did|have you|we|i make|made in|to {certainplace}`,
      `what|which ${CHANGES} did|have you|we|i make|made ${LATELY}?`,
      `what|which are|were the ${LAST} ${CHANGES} in|to|of {certainplace}`,
      `what|which are|were the ${LAST} ${CHANGES}`,
      'show|see|display|view me? the? history|change_history|file_history of|for {path}',
    ],
    es: [
      `que ${HA_CAMBIADO} en|dentro_de {certainplace} ${ULTIMAMENTE}?`,
      `que ${HA_CAMBIADO} ${ULTIMAMENTE}?`,
      `dime|${MUESTRA} que|lo_que ${HA_CAMBIADO} en|dentro_de {certainplace} ${ULTIMAMENTE}?`,
      `dime|${MUESTRA} que|lo_que ${HA_CAMBIADO} ${ULTIMAMENTE}?`,
      `${MUESTRA}|${LISTA} me? los|las|el|mis|tus? ${ULTIMOS}? ${CAMBIOS} ${ULTIMOS}? de|en|del|dentro_de {certainplace}`,
      `${MUESTRA}|${LISTA} me? los|las|el|mis|tus? ${ULTIMOS}? ${CAMBIOS} ${ULTIMOS}? que_has_hecho|que_hiciste|${ULTIMAMENTE}?`,
      `que ${CAMBIOS} has_hecho|hiciste|hay|ha_habido|hubo|se_han_hecho en|de {certainplace}`,
      `que ${CAMBIOS} has_hecho|hiciste|hay|ha_habido|hubo|se_han_hecho ${ULTIMAMENTE}?`,
      `cuales son|fueron|han_sido los|las ${ULTIMOS} ${CAMBIOS} de|en {certainplace}`,
      `cuales son|fueron|han_sido los|las ${ULTIMOS} ${CAMBIOS}`,
      `${MUESTRA}|dame me? el historial de|del {path}`,
    ],
  },
  toCalls: ({ place, paths: [named] }) => {
    const path = place?.path ?? named?.path;
    return [path === undefined ? {} : { path }];
  },
  example: { en: 'show the last changes', es: 'muestra los últimos cambios' },
  done: { en: 'The last changes:', es: 'Los últimos cambios:' },
  failed: { en: 'I could not list the changes:', es: 'No pude listar los cambios:' },
};

/** Undoing loses what was done since, so that it is done only for a message that says nothing else. */
const undoChanges: Skill = {
  agent: AGENT,
  tool: 'undo_changes',
  destructive: true,
  alone: true,
  phrases: {
    en: [
      `${UNDO} the? change? {uuid}`,
      'undo that|it|this?',
      'revert|rollback that|it|this',
      'roll that|it|this back',
      'roll back that|it|this',
      `${UNDO} ${OF_UNDO}`,
      'take that back',
      `${SIGH} undo that|it|this|${OF_UNDO}?`,
    ],
    es: [
      `${DESHAZ} el? cambio? {uuid}`,
      `deshaz|deshacer|deshace|deshaga|deshagas|deshicieras ${DE_DESHACER}?`,
      `${DESHAZ} ${DE_DESHACER}`,
      DESHAZLO,
      `${SUSPIRO} deshaz|deshace|deshaga ${DE_DESHACER}?`,
      `${SUSPIRO} ${DESHAZLO}`,
    ],
  },
  toCalls: ({ id }) => [id === undefined ? {} : { change_id: id }],
  example: { en: 'undo the last change', es: 'deshaz el último cambio' },
  done: { en: 'Undone.', es: 'Deshecho.' },
  failed: { en: 'I could not undo it:', es: 'No pude deshacerlo:' },
};

/** What was changed, and undoing it. */
export const HISTORY_SKILLS: readonly Skill[] = [listChanges, undoChanges];
