import type { Catalogue } from './texts.ts';

export const vi: Catalogue = {
  reasons: {
    // The way here
    BODY_TOO_LARGE: { title: 'Nội dung gửi quá lớn', detail: 'Nội dung của yêu cầu không được vượt quá 1 MB.' },
    BODY_UNREADABLE: {
      title: 'Không đọc được nội dung gửi',
      detail: 'Nội dung của yêu cầu không phải là JSON hợp lệ, mã hóa UTF-8.',
    },
    BODY_TOO_DEEP: { title: 'Nội dung gửi lồng quá nhiều cấp', detail: 'Hãy giảm số cấp lồng nhau trong JSON.' },
    CONTENT_ENCODING_UNSUPPORTED: {
      title: 'Không nhận nội dung nén',
      detail: 'Hãy gửi nội dung không nén, bỏ tiêu đề Content-Encoding.',
    },
    UNSUPPORTED_MEDIA_TYPE: {
      title: 'Kiểu nội dung không được hỗ trợ',
      detail: 'Hãy gửi nội dung với Content-Type là application/json.',
    },
    METHOD_NOT_ALLOWED: {
      title: 'Phương thức không được hỗ trợ',
      detail: 'Địa chỉ này chỉ nhận các phương thức: {allow}.',
    },
    ROUTE_NOT_FOUND: { title: 'Không có địa chỉ này', detail: 'Hãy kiểm tra lại đường dẫn của yêu cầu.' },
    RATE_LIMITED: { title: 'Quá nhiều yêu cầu', detail: 'Vui lòng chờ ít giây rồi thử lại.' },
    INVALID_REQUEST: { title: 'Dữ liệu gửi chưa hợp lệ', detail: 'Hãy sửa các trường được nêu rồi gửi lại.' },
    REQUEST_UNREADABLE: { title: 'Không đọc được yêu cầu', detail: 'Hãy kiểm tra lại dữ liệu đã gửi.' },
    REQUEST_TOO_LARGE: { title: 'Dữ liệu gửi quá lớn', detail: 'Hãy giảm bớt dữ liệu rồi gửi lại.' },
    METADATA_TOO_LARGE: { title: 'Tiêu đề của yêu cầu quá lớn', detail: 'Hãy giảm bớt các tiêu đề rồi gửi lại.' },
    PAGE_TOKEN_INVALID: {
      title: 'Mã trang không hợp lệ',
      detail: 'Hãy bắt đầu lại từ trang đầu của danh sách.',
    },
    CANCELLED: { title: 'Yêu cầu đã bị hủy', detail: 'Yêu cầu bị hủy trước khi hoàn thành.' },
    DEADLINE_EXCEEDED: { title: 'Quá thời gian xử lý', detail: 'Hệ thống chưa trả lời kịp. Vui lòng thử lại.' },
    SERVICE_UNAVAILABLE: { title: 'Dịch vụ tạm thời gián đoạn', detail: 'Vui lòng thử lại sau ít phút.' },
    NOT_READY: { title: 'Hệ thống đang khởi động', detail: 'Vui lòng thử lại sau ít giây.' },
    STORE_UNAVAILABLE: { title: 'Kho dữ liệu tạm thời gián đoạn', detail: 'Vui lòng thử lại sau ít phút.' },
    PAGE_CHANGING: { title: 'Trang đang được cập nhật', detail: 'Vui lòng thử lại sau ít giây.' },

    // Who is asking
    TOKEN_MISSING: { title: 'Chưa đăng nhập', detail: 'Yêu cầu phải kèm mã truy cập (Authorization: Bearer).' },
    TOKEN_INVALID: { title: 'Mã truy cập không hợp lệ', detail: 'Vui lòng đăng nhập lại.' },
    TOKEN_EXPIRED: { title: 'Mã truy cập đã hết hạn', detail: 'Vui lòng làm mới phiên hoặc đăng nhập lại.' },
    SESSION_REVOKED: { title: 'Phiên đăng nhập đã bị thu hồi', detail: 'Vui lòng đăng nhập lại.' },
    IDENTITY_PROVIDER_UNAVAILABLE: {
      title: 'Hệ thống đăng nhập tạm thời gián đoạn',
      detail: 'Vui lòng thử lại sau ít phút.',
    },
    PERMISSION_MISSING: {
      title: 'Không có quyền thực hiện',
      detail: 'Tài khoản của bạn không có quyền “{permission}”. Hãy liên hệ quản trị viên của đơn vị.',
    },
    SECOND_FACTOR_REQUIRED: {
      title: 'Cần xác thực hai bước',
      detail: 'Việc này đòi hỏi đăng nhập bằng xác thực hai bước.',
    },
    CALLER_NOT_ALLOWED: {
      title: 'Không được gọi chức năng này',
      detail: 'Chức năng này chỉ dành cho các thành phần bên trong hệ thống.',
    },

    // Units, hosts, sites
    UNIT_NOT_FOUND: { title: 'Không tìm thấy đơn vị', detail: 'Đơn vị không tồn tại hoặc bạn không có quyền biết.' },
    HOST_TAKEN: { title: 'Tên miền đã được sử dụng', detail: 'Tên miền {host} đã được gắn với một đơn vị.' },
    HOST_RESERVED: { title: 'Tên miền dành riêng', detail: 'Tên miền {host} được dành riêng cho hệ thống.' },
    HOST_NUMERIC: {
      title: 'Tên miền không hợp lệ',
      detail: 'Phần đầu và phần cuối của tên miền {host} không được chỉ gồm chữ số.',
    },
    SITE_WITHOUT_HOST: { title: 'Chưa có tên miền', detail: 'Hãy gắn tên miền cho đơn vị trước khi mở trang.' },
    SITE_ALREADY_LIVE: { title: 'Trang đã mở', detail: 'Trang thông tin điện tử của đơn vị đang hoạt động.' },

    // Grants
    PERSON_NOT_FOUND: { title: 'Không tìm thấy tài khoản', detail: 'Không có tài khoản với tên đăng nhập này.' },
    GRANT_NOT_FOUND: { title: 'Không tìm thấy phân quyền', detail: 'Phân quyền không tồn tại hoặc đã được thu hồi.' },
    GRANT_EXISTS: { title: 'Đã có phân quyền này', detail: 'Tài khoản đã giữ vai trò này tại đơn vị.' },
    ROOT_ADMIN_EXISTS: {
      title: 'Đơn vị đã có tài khoản quản trị',
      detail: 'Mỗi đơn vị chỉ có một tài khoản quản trị. Hãy thu hồi tài khoản cũ trước.',
    },
    ROLE_NOT_ON_UNIT: {
      title: 'Vai trò không phù hợp',
      detail: 'Vai trò này không dùng được ở phạm vi đã chọn.',
    },
    ROLE_NOT_GRANTABLE: {
      title: 'Không có quyền đối với vai trò này',
      detail: 'Vai trò của bạn không được giao hoặc thu hồi vai trò này.',
    },
    GRANT_EXCEEDS_OWN: {
      title: 'Vượt quá quyền của bạn',
      detail: 'Bạn chỉ được giao quyền trong phạm vi và thời hạn của chính mình.',
    },
    SELF_GRANT: {
      title: 'Không được tự giao quyền',
      detail: 'Không ai được giao quyền cho chính mình. Hãy nhờ một quản trị viên khác.',
    },
    PERSON_OUTRANKS: {
      title: 'Ngoài phạm vi quản lý của bạn',
      detail: 'Tài khoản này còn giữ quyền mà bạn không được thu hồi, nên bạn không thể kết thúc các phiên của họ.',
    },
    LAST_OPERATOR: {
      title: 'Quản trị nền tảng cuối cùng',
      detail:
        'Nền tảng phải luôn có ít nhất một quản trị nền tảng không thời hạn. Hãy giao quyền cho người khác trước.',
    },

    // Posts
    POST_NOT_FOUND: { title: 'Không tìm thấy bài viết', detail: 'Bài viết không tồn tại hoặc đã được gỡ xuống.' },
    POST_NOT_DRAFT: { title: 'Bài viết không còn là bản nháp', detail: 'Chỉ bản nháp mới được đăng.' },
    POST_NOT_PUBLISHED: { title: 'Bài viết chưa được đăng', detail: 'Chỉ rút được bài đang đăng.' },

    // Races
    STALE_VERSION: {
      title: 'Dữ liệu đã thay đổi',
      detail: 'Có người vừa sửa dữ liệu này. Hãy tải lại rồi thực hiện lại.',
    },
    WRITE_CONFLICT: { title: 'Dữ liệu đang được sửa', detail: 'Có thay đổi cùng lúc. Vui lòng thử lại.' },
    ID_RETIRED: { title: 'Mã đã được dùng', detail: 'Mã này thuộc về dữ liệu đã xóa và không dùng lại.' },
    DUPLICATE: { title: 'Dữ liệu bị trùng', detail: 'Đã có dữ liệu với giá trị này.' },
  },

  kinds: {
    CANCELLED: { title: 'Yêu cầu đã bị hủy', detail: 'Yêu cầu bị hủy trước khi hoàn thành.' },
    INVALID_ARGUMENT: { title: 'Yêu cầu không hợp lệ', detail: 'Hãy kiểm tra lại dữ liệu đã gửi.' },
    OUT_OF_RANGE: { title: 'Giá trị ngoài phạm vi', detail: 'Hãy kiểm tra lại dữ liệu đã gửi.' },
    NOT_FOUND: { title: 'Không tìm thấy', detail: 'Dữ liệu không tồn tại hoặc bạn không có quyền biết.' },
    ALREADY_EXISTS: { title: 'Đã tồn tại', detail: 'Đã có dữ liệu này.' },
    PERMISSION_DENIED: { title: 'Không có quyền thực hiện', detail: 'Hãy liên hệ quản trị viên của đơn vị.' },
    UNAUTHENTICATED: { title: 'Chưa đăng nhập', detail: 'Vui lòng đăng nhập.' },
    RESOURCE_EXHAUSTED: { title: 'Vượt quá giới hạn', detail: 'Vui lòng chờ ít giây rồi thử lại.' },
    FAILED_PRECONDITION: { title: 'Chưa thực hiện được', detail: 'Trạng thái hiện tại không cho phép việc này.' },
    ABORTED: { title: 'Dữ liệu đã thay đổi', detail: 'Hãy tải lại rồi thực hiện lại.' },
    UNIMPLEMENTED: { title: 'Chưa hỗ trợ', detail: 'Chức năng này chưa được hỗ trợ.' },
    UNAVAILABLE: { title: 'Dịch vụ tạm thời gián đoạn', detail: 'Vui lòng thử lại sau ít phút.' },
    DEADLINE_EXCEEDED: { title: 'Quá thời gian xử lý', detail: 'Hệ thống chưa trả lời kịp. Vui lòng thử lại.' },
    INTERNAL: {
      title: 'Có lỗi xảy ra',
      detail: 'Lỗi thuộc về hệ thống và đã được ghi lại. Hãy báo mã yêu cầu khi cần hỗ trợ.',
    },
    DATA_LOSS: {
      title: 'Có lỗi xảy ra',
      detail: 'Lỗi thuộc về hệ thống và đã được ghi lại. Hãy báo mã yêu cầu khi cần hỗ trợ.',
    },
  },

  violations: {
    REQUIRED: 'Trường này là bắt buộc.',
    TOO_SHORT: 'Nội dung quá ngắn.',
    TOO_LONG: 'Nội dung quá dài.',
    PATTERN: 'Nội dung không đúng định dạng.',
    TOO_SMALL: 'Giá trị quá nhỏ.',
    TOO_LARGE: 'Giá trị quá lớn.',
    TOO_FEW: 'Danh sách có quá ít mục.',
    TOO_MANY: 'Danh sách có quá nhiều mục.',
    UNKNOWN_FIELD: 'Không có trường này.',
    WRONG_TYPE: 'Giá trị không đúng kiểu.',
    UNKNOWN_ENUM_VALUE: 'Giá trị không có trong danh sách cho phép.',
    INVALID_TIMESTAMP: 'Thời điểm phải theo RFC 3339, ví dụ 2026-09-05T00:30:00Z.',
    INVALID_DATE: 'Ngày phải có dạng năm-tháng-ngày, ví dụ 2026-09-05.',
    OUT_OF_RANGE: 'Giá trị ngoài phạm vi cho phép.',
    DUPLICATE_ONEOF: 'Chỉ được chọn một trong các trường này.',
    CONTROL_CHARACTER: 'Nội dung có ký tự điều khiển không được phép.',
    COMBINING_MARK: 'Nội dung có dấu rời không ghép được với chữ.',
    PATH_MISMATCH: 'Giá trị khác với giá trị trên đường dẫn.',
    PAGE_TOKEN_INVALID: 'Mã trang không hợp lệ hoặc thuộc về danh sách khác.',
    NOT_IN_FUTURE: 'Thời điểm phải ở trong tương lai.',
    HOST_RESERVED: 'Tên miền được dành riêng cho hệ thống.',
    HOST_NUMERIC: 'Phần đầu và phần cuối của tên miền không được chỉ gồm chữ số.',
  },
  anyViolation: 'Giá trị không hợp lệ.',
};
