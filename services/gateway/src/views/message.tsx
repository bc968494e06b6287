import { pagesVi as text } from '../messages/pages-vi.ts';
import { Layout } from './layout.tsx';
import type { PageAssets, SiteView } from './layout.tsx';

export interface MessageProps {
  assets: PageAssets;
  /** In its clothes and with a way to its home page; none: the platform's neutral clothes. */
  site?: SiteView | undefined;
  title: string;
  text: string;
}

/** A page that says one thing: an error, a site that is not open yet, the door of the administration. */
export function Message({ assets, site, title, text: body }: MessageProps) {
  return (
    <Layout assets={assets} site={site} title={title}>
      <div class="message">
        <h1>{title}</h1>
        <p>{body}</p>
        {site !== undefined && (
          <p>
            <a href="/">{text.toHome}</a>
          </p>
        )}
      </div>
    </Layout>
  );
}
