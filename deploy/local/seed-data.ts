/** The smallest set that shows the platform whole: a department, a district office, a school with its own people. */

export interface SeedUnit {
  typeCode: string;
  officialName: string;
  shortName: string;
  host: string;
  /** Demo person who answers for the unit. */
  rootAdmin: string;
  grants: ReadonlyArray<{ username: string; role: string }>;
  posts: readonly SeedPost[];
}

export interface SeedPost {
  title: string;
  body: string;
}

/** From the top down: each unit stands under the one before it. */
export const seedUnits: readonly SeedUnit[] = [
  {
    typeCode: 'SO',
    officialName: 'Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh',
    shortName: 'Sở GD&ĐT TP.HCM',
    host: 'hcm.localhost',
    rootAdmin: 'root.sogddt',
    grants: [],
    posts: [],
  },
  {
    typeCode: 'PGD',
    officialName: 'Phòng Giáo dục và Đào tạo huyện Cần Giờ',
    shortName: 'Phòng GD&ĐT huyện Cần Giờ',
    host: 'cangio.hcm.localhost',
    rootAdmin: 'root.cangio',
    grants: [],
    posts: [],
  },
  {
    typeCode: 'TH',
    officialName: 'Trường Tiểu học Bình Khánh',
    shortName: 'Tiểu học Bình Khánh',
    host: 'thbinhkhanh.cangio.hcm.localhost',
    rootAdmin: 'root.thbinhkhanh',
    grants: [
      { username: 'truongban.thbinhkhanh', role: 'ROLE_BOARD_HEAD' },
      { username: 'bientap.thbinhkhanh', role: 'ROLE_EDITOR' },
    ],
    posts: [
      {
        title: 'Lễ khai giảng năm học 2024 – 2025',
        body: [
          'Sáng ngày 05 tháng 9 năm 2024, Trường Tiểu học Bình Khánh tổ chức Lễ khai giảng năm học 2024 – 2025 tại sân trường. Buổi lễ có sự tham dự của đại diện chính quyền địa phương, Ban đại diện cha mẹ học sinh cùng toàn thể cán bộ, giáo viên, nhân viên và học sinh nhà trường.',
          'Mở đầu buổi lễ là phần đón các em học sinh lớp 1. Các em được anh chị lớp 5 dắt tay vào sân trường trong tiếng vỗ tay chào đón của thầy cô và bạn bè. Sau nghi thức chào cờ, đại diện nhà trường đọc thư của Chủ tịch nước gửi ngành Giáo dục nhân dịp khai giảng năm học mới và đánh hồi trống khai trường.',
          'Trong năm học này, nhà trường tiếp tục thực hiện Chương trình giáo dục phổ thông 2018 ở cả năm khối lớp, chú trọng giáo dục kỹ năng sống, phòng chống đuối nước và văn hóa đọc cho học sinh.',
        ].join('\n\n'),
      },
      {
        title: 'Thông báo họp cha mẹ học sinh đầu năm học',
        body: [
          'Trường Tiểu học Bình Khánh trân trọng kính mời quý cha mẹ học sinh tham dự buổi họp đầu năm học 2024 – 2025.',
          'Thời gian: 8 giờ 00, Chủ nhật, ngày 15 tháng 9 năm 2024. Địa điểm: tại phòng học của từng lớp.',
          'Nội dung: thông báo kế hoạch năm học; thống nhất việc phối hợp giữa gia đình và nhà trường; công khai các khoản thu theo quy định; bầu Ban đại diện cha mẹ học sinh của lớp.',
          'Vì đây là buổi họp quan trọng, kính mong quý cha mẹ học sinh sắp xếp thời gian đến dự đầy đủ và đúng giờ.',
        ].join('\n\n'),
      },
      {
        title: 'Hội thi vẽ tranh “Em yêu rừng ngập mặn Cần Giờ”',
        body: [
          'Nhằm giáo dục học sinh ý thức bảo vệ môi trường và thêm yêu quê hương, Liên đội Trường Tiểu học Bình Khánh phát động hội thi vẽ tranh với chủ đề “Em yêu rừng ngập mặn Cần Giờ”.',
          'Đối tượng dự thi là học sinh từ lớp 1 đến lớp 5, mỗi lớp chọn từ ba đến năm bài. Tranh vẽ trên giấy khổ A3, chất liệu tự chọn, mặt sau ghi rõ họ tên và lớp. Các lớp nộp bài tại phòng Đội trước 16 giờ 30, thứ Sáu, ngày 18 tháng 10 năm 2024.',
          'Những bức tranh đạt giải sẽ được trưng bày tại thư viện nhà trường để các em cùng thưởng thức.',
        ].join('\n\n'),
      },
    ],
  },
];
