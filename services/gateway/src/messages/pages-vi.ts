/** Texts of the public pages in Vietnamese. */
export const pagesVi = {
  platform: 'Cổng thông tin điện tử ngành Giáo dục và Đào tạo',
  skip: 'Chuyển đến nội dung chính',
  home: 'Trang chủ',
  breadcrumb: 'Đường dẫn trang',
  managingBody: 'Cơ quan quản lý',
  unit: 'Đơn vị',
  lastUpdated: 'Cập nhật lần cuối',
  posts: 'Bài viết mới',
  olderPosts: 'Bài viết cũ hơn',
  noPosts: 'Chưa có bài viết nào được đăng.',
  post: 'Bài viết',
  published: 'Đăng ngày',
  paging: 'Chuyển trang',
  toOlder: 'Xem các bài cũ hơn',
  toNewest: 'Về các bài mới nhất',
  toHome: 'Về trang chủ',
  adminTitle: 'Hệ thống quản trị',
  adminText:
    'Đây là địa chỉ dành cho người quản trị và các hệ thống được kết nối. Trang dành cho công chúng nằm ở tên miền của từng đơn vị.',
  errors: {
    400: {
      title: 'Yêu cầu không hợp lệ',
      text: 'Máy chủ không đọc được yêu cầu này. Vui lòng kiểm tra lại địa chỉ đã nhập.',
    },
    404: {
      title: 'Không tìm thấy trang',
      text: 'Trang không tồn tại, đã được chuyển đi hoặc đã được gỡ xuống. Vui lòng kiểm tra lại địa chỉ hoặc bắt đầu từ trang chủ.',
    },
    notOpen: {
      title: 'Trang thông tin điện tử chưa mở',
      text: 'Đơn vị đang chuẩn bị nội dung. Vui lòng quay lại sau.',
    },
    405: {
      title: 'Thao tác không được hỗ trợ',
      text: 'Địa chỉ này chỉ dùng để xem.',
    },
    414: {
      title: 'Địa chỉ quá dài',
      text: 'Vui lòng kiểm tra lại địa chỉ đã nhập.',
    },
    421: {
      title: 'Không có trang nào ở địa chỉ này',
      text: 'Tên miền chưa được gắn với đơn vị nào. Vui lòng kiểm tra lại tên miền đã nhập.',
    },
    429: {
      title: 'Quá nhiều yêu cầu',
      text: 'Có quá nhiều yêu cầu đến từ kết nối của bạn. Vui lòng chờ ít giây rồi thử lại.',
    },
    500: {
      title: 'Có lỗi xảy ra',
      text: 'Lỗi thuộc về hệ thống và đã được ghi lại. Vui lòng thử lại sau.',
    },
    503: {
      title: 'Trang tạm thời gián đoạn',
      text: 'Hệ thống đang được khôi phục. Vui lòng thử lại sau ít phút.',
    },
  },
};

/** Pages that say why there is nothing to see. */
export type ErrorPageKind = keyof typeof pagesVi.errors;
