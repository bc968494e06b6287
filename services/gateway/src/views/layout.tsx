import type { ComponentChildren } from 'preact';
import { pagesVi as text } from '../messages/pages-vi.ts';
import { formatDate, safeHref } from './format.ts';

/** Addresses of the files that every page links. */
export interface PageAssets {
  stylesheet: string;
  icon: string;
}

/** What every page of a site shows of it. */
export interface SiteView {
  /** `https://thbinhkhanh.cangio.hcm.edu.vn`, for links that must be absolute. */
  origin: string;
  unitName: string;
  managingBody?: { name: string; /** Its site, where it has one. */ origin?: string | undefined } | undefined;
}

export interface LayoutProps {
  assets: PageAssets;
  /** None: the platform's neutral clothes. */
  site?: SiteView | undefined;
  title: string;
  description?: string | undefined;
  /** Path of the page itself; none for pages that nobody should find by a search. */
  path?: string | undefined;
  openGraphType?: 'website' | 'article';
  updatedAt?: Date | undefined;
  breadcrumb?: string | undefined;
  children: ComponentChildren;
}

export function Layout(props: LayoutProps) {
  const { assets, site, title } = props;
  const siteName = site?.unitName ?? text.platform;
  const fullTitle = title === siteName ? title : `${title} – ${siteName}`;
  return (
    <html lang="vi">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{fullTitle}</title>
        <Metadata {...props} siteName={siteName} />
        <link rel="stylesheet" href={assets.stylesheet} />
        <link rel="icon" type="image/svg+xml" href={assets.icon} />
        <meta name="theme-color" content="#0b3d6e" />
      </head>
      <body>
        <a class="skip" href="#noi-dung">
          {text.skip}
        </a>
        <Header site={site} siteName={siteName} icon={assets.icon} />
        {props.breadcrumb !== undefined && <Breadcrumb here={props.breadcrumb} />}
        <main id="noi-dung" class="wrap" tabIndex={-1}>
          {props.children}
        </main>
        <Footer site={site} siteName={siteName} updatedAt={props.updatedAt} />
      </body>
    </html>
  );
}

function Metadata({ site, title, description, path, openGraphType, siteName }: LayoutProps & { siteName: string }) {
  if (site === undefined || path === undefined) return <meta name="robots" content="noindex" />;
  return (
    <>
      {description !== undefined && description !== '' && <meta name="description" content={description} />}
      <link rel="canonical" href={site.origin + path} />
      <meta property="og:title" content={title} />
      <meta property="og:type" content={openGraphType ?? 'website'} />
      <meta property="og:url" content={site.origin + path} />
      <meta property="og:site_name" content={siteName} />
      <meta property="og:locale" content="vi_VN" />
      {description !== undefined && description !== '' && <meta property="og:description" content={description} />}
    </>
  );
}

function Header({ site, siteName, icon }: { site: SiteView | undefined; siteName: string; icon: string }) {
  return (
    <header class="masthead">
      <div class="wrap masthead-inner">
        <img class="masthead-mark" src={icon} alt="" width="56" height="56" />
        <div>
          {site?.managingBody !== undefined && (
            <p class="masthead-body">
              <MaybeLink href={site.managingBody.origin}>{site.managingBody.name}</MaybeLink>
            </p>
          )}
          <p class="masthead-name">{site === undefined ? siteName : <a href="/">{siteName}</a>}</p>
        </div>
      </div>
    </header>
  );
}

function Breadcrumb({ here }: { here: string }) {
  return (
    <nav class="breadcrumb" aria-label={text.breadcrumb}>
      <ol class="wrap">
        <li>
          <a href="/">{text.home}</a>
        </li>
        <li aria-current="page">{here}</li>
      </ol>
    </nav>
  );
}

interface FooterProps {
  site: SiteView | undefined;
  siteName: string;
  updatedAt: Date | undefined;
}

function Footer({ site, siteName, updatedAt }: FooterProps) {
  return (
    <footer class="footer">
      <div class="wrap">
        <p class="footer-name">{siteName}</p>
        {site?.managingBody !== undefined && (
          <p>
            {text.managingBody}: <MaybeLink href={site.managingBody.origin}>{site.managingBody.name}</MaybeLink>
          </p>
        )}
        {updatedAt !== undefined && (
          <p>
            {text.lastUpdated}: <DateText date={updatedAt} />
          </p>
        )}
      </div>
    </footer>
  );
}

function MaybeLink({ href, children }: { href: string | undefined; children: string }) {
  const safe = href === undefined ? undefined : safeHref(href);
  return safe === undefined ? <>{children}</> : <a href={safe}>{children}</a>;
}

export function DateText({ date }: { date: Date }) {
  return <time dateTime={date.toISOString()}>{formatDate(date)}</time>;
}
