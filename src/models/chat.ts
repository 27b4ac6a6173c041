import type { Gate } from './gate.ts';
import { OfflineChatModel } from './offline/chat.ts';
import type { ChatSettings, NamedChatModel } from './settings.ts';

/** Creates the chat model; the client of a server is loaded only where there is one to talk to. Its calls pass the gate. */
export async function createChatModel(settings: ChatSettings, gate: Gate): Promise<NamedChatModel> {
  if (settings.provider === 'openai') {
    const { createServerChatModel } = await import('./server-chat.ts');
    return createServerChatModel(settings, gate);
  }
  return { model: new OfflineChatModel(), name: 'offline' };
}
