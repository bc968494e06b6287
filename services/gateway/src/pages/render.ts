import type { ContentServiceDefinition } from '@portal/contracts/content/v1/ContentService';
import type { PostSummary as PostSummaryMessage } from '@portal/contracts/content/v1/PostSummary';
import { isAppError } from '@portal/errors';
import type { GrpcClient } from '@portal/runtime';
import { pageTag } from '../events.ts';
import { pagesVi } from '../messages/pages-vi.ts';
import type { ErrorPageKind } from '../messages/pages-vi.ts';
import type { Site } from '../sites/sites.ts';
import type { PageAssets, PostSummary, SiteView } from '../views/index.tsx';
import { packPage } from './packed-page.ts';
import type { PackedPage } from './packed-page.ts';
import type { Views } from './views.ts';

interface RenderCall {
  requestId: string;
}

/** Renders pages of live sites; what is thrown is what the services threw. */
export interface Renderer {
  /** The list of posts; an empty token is its first part. */
  home(site: Site, pageToken: string, call: RenderCall): Promise<PackedPage>;
  post(site: Site, postId: string, call: RenderCall): Promise<PackedPage>;
  /** A page that says why there is nothing, in the clothes of the site or, without one, of the platform. */
  error(kind: ErrorPageKind, site?: Site): Promise<PackedPage>;
  /** What stands at the door of the administration. */
  adminDoor(): Promise<PackedPage>;
}

export interface RendererInit {
  views: Views;
  assets: PageAssets;
  content: Pick<GrpcClient<ContentServiceDefinition>, 'getPublishedPost' | 'listPublishedPosts'>;
  /** Address of a site's origin, `https://<host>`. */
  originOf: (host: string) => string;
}

/** Query key of the following parts of a list. */
export const pageTokenKey = 'tiep';
export const postPathPrefix = '/bai-viet/';

const pageSize = 20;
/** What a visitor waits for at most before the last good copy is shown. */
const renderTimeoutMs = 3_000;
/** A page that does not exist may come into being at any moment, and its copies are without number. */
const missingLifetimeMs = 10_000;

const statusOf: Readonly<Record<ErrorPageKind, number>> = {
  400: 400,
  404: 404,
  notOpen: 404,
  405: 405,
  414: 414,
  421: 421,
  429: 429,
  500: 500,
  503: 503,
};

export function createRenderer({ views, assets, content, originOf }: RendererInit): Renderer {
  function viewOf({ host, unit, parent, parentHost }: Site): SiteView {
    return {
      origin: originOf(host),
      unitName: unit.officialName,
      managingBody: parent && {
        name: parent.officialName,
        origin: parentHost === undefined ? undefined : originOf(parentHost),
      },
    };
  }

  async function missing(site: Site, tags: readonly string[]): Promise<PackedPage> {
    const html = views.renderMessage({ assets, site: viewOf(site), ...pagesVi.errors[404] });
    return packPage(html, { status: 404, tags, lifetimeMs: missingLifetimeMs });
  }

  return {
    async home(site, pageToken, { requestId }) {
      const { unitId } = site.unit;
      const tags = [...siteTags(site), pageTag.posts(unitId)];
      const options = { timeoutMs: renderTimeoutMs, requestId };
      try {
        const { posts, nextPageToken } = await content.listPublishedPosts({ unitId, pageSize, pageToken }, options);
        const path = pathOfPart(pageToken);
        const html = views.renderHome({
          assets,
          site: viewOf(site),
          posts: posts.map(summaryOf),
          path,
          olderPath: nextPageToken === '' ? undefined : pathOfPart(nextPageToken),
          updatedAt: latestOf([site.updatedAt, ...posts.flatMap((post) => [post.publishTime, post.updateTime])]),
        });
        const shown = posts.map((post) => pageTag.post(post.postId));
        // Tokens can be made up without number: only the first part is worth a place among the last good pages.
        return await packPage(html, { status: 200, tags: [...tags, ...shown], keep: pageToken === '' });
      } catch (error) {
        // A token that somebody made up.
        if (isAppError(error) && error.kind === 'INVALID_ARGUMENT') return missing(site, tags);
        throw error;
      }
    },

    async post(site, postId, { requestId }) {
      const { unitId } = site.unit;
      const tags = [...siteTags(site), pageTag.post(postId)];
      const options = { timeoutMs: renderTimeoutMs, requestId };
      try {
        const { post } = await content.getPublishedPost({ unitId, postId }, options);
        if (post === null) return await missing(site, tags);
        const path = pathOfPost(post);
        const { title, body, excerpt } = post;
        const publishedAt = post.publishTime ?? new Date(0);
        const updatedAt = latestOf([post.publishTime, post.updateTime]) ?? publishedAt;
        const html = views.renderPost({
          assets,
          site: viewOf(site),
          path,
          title,
          excerpt,
          body,
          publishedAt,
          updatedAt,
        });
        return await packPage(html, { status: 200, path, tags, keep: true });
      } catch (error) {
        if (isAppError(error) && error.kind === 'NOT_FOUND') return missing(site, tags);
        throw error;
      }
    },

    error(kind, site) {
      const html = views.renderMessage({ assets, site: site && viewOf(site), ...pagesVi.errors[kind] });
      return packPage(html, { status: statusOf[kind], tags: site === undefined ? [] : siteTags(site) });
    },

    adminDoor() {
      const html = views.renderMessage({ assets, title: pagesVi.adminTitle, text: pagesVi.adminText });
      return packPage(html, { status: 200 });
    },
  };
}

/** Everything in a page's frame: the unit, its managing body, and the hosts and state of both sites. */
function siteTags({ unit: { unitId, parentId } }: Site): string[] {
  return [unitId, ...(parentId === '' ? [] : [parentId])].flatMap((id) => [pageTag.site(id), pageTag.unit(id)]);
}

function summaryOf(post: PostSummaryMessage): PostSummary {
  return {
    path: pathOfPost(post),
    title: post.title,
    excerpt: post.excerpt,
    publishedAt: post.publishTime ?? new Date(0),
  };
}

function pathOfPost({ slug }: { slug: string }): string {
  return `${postPathPrefix}${encodeURIComponent(slug)}`;
}

function pathOfPart(pageToken: string): string {
  return pageToken === '' ? '/' : `/?${pageTokenKey}=${encodeURIComponent(pageToken)}`;
}

function latestOf(dates: readonly (Date | null | undefined)[]): Date | undefined {
  const times = dates.flatMap((date) => date?.getTime() ?? []);
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}
