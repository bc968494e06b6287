import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { Home } from './home.tsx';
import type { HomeProps } from './home.tsx';
import { Message } from './message.tsx';
import type { MessageProps } from './message.tsx';
import { Post } from './post.tsx';
import type { PostProps } from './post.tsx';

export type { HomeProps, PostSummary } from './home.tsx';
export type { PageAssets, SiteView } from './layout.tsx';
export type { MessageProps } from './message.tsx';
export type { PostProps } from './post.tsx';

const document = (page: VNode): string => `<!doctype html>${renderToString(page)}`;

/** Whole HTML documents. Everything that is put in is escaped; the same input gives the same bytes. */
export const renderHome = (props: HomeProps): string => document(<Home {...props} />);
export const renderPost = (props: PostProps): string => document(<Post {...props} />);
export const renderMessage = (props: MessageProps): string => document(<Message {...props} />);
