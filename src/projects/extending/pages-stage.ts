import { copyLine } from './docker-text.ts';

/** Where nginx listens in the image that runs without root. */
export const PAGES_PORT = 8080;

const SINGLE_PAGE = `server {
    listen ${PAGES_PORT};
    root /usr/share/nginx/html;

    location / {
        # The router of the page knows what to show at an address that is no file.
        try_files $uri $uri/ /index.html;
    }
}
`;

/** The stage that serves a folder of pages; its user is not root. */
export function pagesStage(folder: string, options: { from?: string; isRouted?: boolean }): string[] {
  return [
    'FROM nginxinc/nginx-unprivileged:1-alpine',
    ...(options.isRouted ? ['COPY nginx.conf /etc/nginx/conf.d/default.conf'] : []),
    copyLine([folder], '/usr/share/nginx/html', options.from),
    'USER nginx',
    `EXPOSE ${PAGES_PORT}`,
    'CMD ["nginx", "-g", "daemon off;"]',
  ];
}

/** The settings of nginx that a page with a router of its own needs. */
export function singlePageFiles(isRouted: boolean): { path: string; content: string }[] {
  return isRouted ? [{ path: 'nginx.conf', content: SINGLE_PAGE }] : [];
}
