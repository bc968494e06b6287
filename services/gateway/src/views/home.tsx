import { pagesVi as text } from '../messages/pages-vi.ts';
import { DateText, Layout } from './layout.tsx';
import type { PageAssets, SiteView } from './layout.tsx';

export interface PostSummary {
  path: string;
  title: string;
  excerpt: string;
  publishedAt: Date;
}

export interface HomeProps {
  assets: PageAssets;
  site: SiteView;
  posts: readonly PostSummary[];
  /** Path of this part of the list; the first part is the home page itself. */
  path: string;
  olderPath?: string | undefined;
  updatedAt?: Date | undefined;
}

export function Home({ assets, site, posts, path, olderPath, updatedAt }: HomeProps) {
  const isFirst = path === '/';
  const heading = isFirst ? text.posts : text.olderPosts;
  return (
    <Layout
      assets={assets}
      site={site}
      title={isFirst ? site.unitName : heading}
      description={site.unitName}
      path={isFirst ? path : undefined}
      updatedAt={updatedAt}
      breadcrumb={isFirst ? undefined : heading}
    >
      <h1 class="list-heading">{heading}</h1>
      {posts.length === 0 ? <p class="empty">{text.noPosts}</p> : <PostList posts={posts} />}
      {(!isFirst || olderPath !== undefined) && (
        <nav class="paging" aria-label={text.paging}>
          {!isFirst && (
            <a href="/" rel="prev">
              {text.toNewest}
            </a>
          )}
          {olderPath !== undefined && (
            <a class="paging-next" href={olderPath} rel="next">
              {text.toOlder}
            </a>
          )}
        </nav>
      )}
    </Layout>
  );
}

function PostList({ posts }: { posts: readonly PostSummary[] }) {
  return (
    <ul class="posts">
      {posts.map((post) => (
        <li key={post.path} class="posts-item">
          <p class="posts-date">
            <DateText date={post.publishedAt} />
          </p>
          <div>
            <h2 class="posts-title">
              <a href={post.path}>{post.title}</a>
            </h2>
            {post.excerpt !== '' && <p class="posts-excerpt">{post.excerpt}</p>}
          </div>
        </li>
      ))}
    </ul>
  );
}
