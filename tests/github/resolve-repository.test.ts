import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Opened, openOnFake } from './opened-github.ts';

let opened: Opened;

beforeEach(async () => {
  opened = await openOnFake();
  for (const [name, description] of [
    ['ana/shop-api', 'Orders over HTTP'],
    ['ana/tienda', 'La tienda en línea'],
    ['ana/Blog', 'What ana writes'],
    ['ana/dotfiles', 'Configuration of the shell'],
    ['acme/site', 'The site of the company'],
    ['acme/blog', 'News of the company'],
  ] as const) {
    const repository = opened.fake.seed.repository(name, { description });
    repository.collaborators.set('ana', 'push');
  }
});
afterEach(() => opened.close());

const resolve = async (text: string) => (await opened.account.repositories.resolve(text)).name;

describe('A repository is found', () => {
  it.each([
    ['ana/shop', 'ana/shop'],
    ['acme/site', 'acme/site'],
    ['https://github.com/ana/shop', 'ana/shop'],
    ['https://github.com/ana/shop/issues/7?x=1', 'ana/shop'],
    ['github.com/ana/shop.git', 'ana/shop'],
    ['git@github.com:ana/shop-api.git', 'ana/shop-api'],
    ['https://api.github.com/repos/ana/shop', 'ana/shop'],
    ['https://github.example.com/api/v3/repos/ana/shop/pulls', 'ana/shop'],
    ['shop', 'ana/shop'],
    ['"shop"', 'ana/shop'],
    ['SHOP-API', 'ana/shop-api'],
    ['the api repo', 'ana/shop-api'],
    ['my shop api repository', 'ana/shop-api'],
    ['el repositorio de la tienda', 'ana/tienda'],
    ['el repo de las tiendas', 'ana/tienda'],
    ['the blog of acme', 'acme/blog'],
    ['the shell configuration', 'ana/dotfiles'],
    ['blog', 'acme/blog'],
    ['Blog', 'ana/Blog'],
  ])('by %j: %s', async (text, name) => {
    expect(await resolve(text)).toBe(name);
  });

  it('by its old name', async () => {
    opened.shop.formerNames.push('ana/store');
    expect(await resolve('ana/store')).toBe('ana/shop');
  });

  it('among more than one page of repositories', async () => {
    for (let index = 0; index < 130; index += 1) opened.fake.seed.repository(`ana/old-${index}`);
    expect(await resolve('the api repo')).toBe('ana/shop-api');
    expect(opened.count('repos/list-for-authenticated-user')).toBe(2);
  });
});

describe('A repository is asked for', () => {
  it.each([
    ['the blog repo', ['acme/blog', 'ana/Blog']],
    ['the company', ['acme/blog', 'acme/site']],
  ])('when several fit: %j', async (text, names) => {
    const asked = opened.account.repositories.resolve(text);
    await expect(asked).rejects.toMatchObject({ code: 'ambiguous_repository' });
    const { message } = (await asked.catch((error: unknown) => error)) as Error;
    expect(names.filter((name) => message.includes(name))).toEqual(names);
    expect(message).not.toContain('ana/shop');
  });

  it('when nothing is said about it', async () => {
    await expect(resolve('the repository')).rejects.toMatchObject({ code: 'ambiguous_repository' });
  });

  it.each([
    ['shpo-api', 'ana/shop-api'],
    ['ana/tiend', 'ana/tienda'],
    ['the dotfile repo of mine', 'ana/dotfiles'],
  ])('when none fits, with the nearest names: %j', async (text, nearest) => {
    await expect(resolve(text)).rejects.toMatchObject({
      code: 'github_not_found',
      message: expect.stringContaining(nearest),
    });
  });

  it('when nothing is even near', async () => {
    await expect(resolve('zzz/qqq')).rejects.toMatchObject({
      code: 'github_not_found',
      message: expect.stringContaining('Name it as "owner/name".'),
    });
  });
});
