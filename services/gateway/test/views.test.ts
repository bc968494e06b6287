import fc from 'fast-check';
import { renderHome, renderMessage, renderPost } from '../src/views/index.tsx';
import type { SiteView } from '../src/views/index.tsx';

const assets = { stylesheet: '/assets/site.0123.css', icon: '/assets/icon.0123.svg' };
const site: SiteView = {
  origin: 'https://thbinhkhanh.cangio.hcm.edu.vn',
  unitName: 'Trường Tiểu học Bình Khánh',
  managingBody: { name: 'Phòng Giáo dục và Đào tạo huyện Cần Giờ', origin: 'https://cangio.hcm.edu.vn' },
};
const publishedAt = new Date('2026-09-04T17:30:00Z');

function pagesWith(text: string): string[] {
  const dressed = { ...site, unitName: text, managingBody: { name: text, origin: text } };
  const post = { path: `/bai-viet/${encodeURIComponent(text)}`, title: text, excerpt: text, publishedAt };
  return [
    renderHome({ assets, site: dressed, posts: [post], path: '/', updatedAt: publishedAt }),
    renderPost({ assets, site: dressed, ...post, body: text, updatedAt: publishedAt }),
    renderMessage({ assets, site: dressed, title: text, text }),
  ];
}

/** Elements and attributes without what they hold. A name that is no address is shown without a link. */
const skeletonOf = (html: string): string =>
  html
    .replace(/"[^"]*"/g, '""')
    .replace(/>[^<]*/g, '>')
    .replace(/<\/?a\b[^>]*>/g, '');

it('shows whatever was typed as text: it adds no element and no attribute', () => {
  const nasty = fc.constantFrom(
    ...['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '" onclick="x', '&lt;b&gt;', '</title>', '<!--'],
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(nasty, fc.string()), { minLength: 1, maxLength: 4 }), (parts) => {
      // Where nothing is left of a text, its place is left out.
      const typed = `x ${parts.join('').replace(/\s+/g, ' ')}`;
      expect(pagesWith(typed).map(skeletonOf)).toEqual(pagesWith('x').map(skeletonOf));
    }),
  );
});

it('holds no script and no style', () => {
  for (const html of pagesWith('x')) expect(html).not.toMatch(/<(script|style)\b|\s(style|on\w+)=/i);
});

it('never links a managing body by anything but a web address', () => {
  for (const html of pagesWith('javascript:alert(1)')) expect(html).not.toMatch(/href="javascript/i);
});

it('gives the same bytes for the same content, and says when it was last updated on every page of a site', () => {
  const post = { title: 'Khai giảng', excerpt: 'Một Hai', body: 'Một\n\nHai', publishedAt };
  const props = { assets, site, path: '/bai-viet/x', ...post };
  const html = renderPost({ ...props, updatedAt: publishedAt });
  expect(renderPost({ ...props, updatedAt: publishedAt })).toBe(html);
  expect(html).toContain('<time datetime="2026-09-04T17:30:00.000Z">05/09/2026</time>');
  expect(html).toContain('Cập nhật lần cuối');
  expect(html).toContain('lang="vi"');
  expect(html).toContain('<link rel="canonical" href="https://thbinhkhanh.cangio.hcm.edu.vn/bai-viet/x"/>');
});

it('keeps messages out of search engines', () => {
  expect(renderMessage({ assets, title: 'Không tìm thấy trang', text: '…' })).toContain('content="noindex"');
});
