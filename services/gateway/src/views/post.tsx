import { Fragment } from 'preact';
import { pagesVi as text } from '../messages/pages-vi.ts';
import { toParagraphs } from './format.ts';
import { DateText, Layout } from './layout.tsx';
import type { PageAssets, SiteView } from './layout.tsx';

export interface PostProps {
  assets: PageAssets;
  site: SiteView;
  path: string;
  title: string;
  excerpt: string;
  /** Plain text; an empty line ends a paragraph. */
  body: string;
  publishedAt: Date;
  updatedAt: Date;
}

export function Post({ assets, site, path, title, excerpt, body, publishedAt, updatedAt }: PostProps) {
  return (
    <Layout
      assets={assets}
      site={site}
      title={title}
      description={excerpt}
      path={path}
      openGraphType="article"
      updatedAt={updatedAt}
      breadcrumb={text.post}
    >
      <article class="post">
        <h1>{title}</h1>
        <p class="post-date">
          {text.published} <DateText date={publishedAt} />
        </p>
        {toParagraphs(body).map((lines, index) => (
          <p key={index}>
            {lines.map((line, number) => (
              <Fragment key={number}>
                {number > 0 && <br />}
                {line}
              </Fragment>
            ))}
          </p>
        ))}
      </article>
    </Layout>
  );
}
