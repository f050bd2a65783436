# الإعدادات.

settings = الإعدادات
language = اللغة
appearance = فاتح أو داكن
appearance-system = مثل الهاتف
appearance-light = فاتح
appearance-dark = داكن

## عبارة المرور

passphrase-title = عبارة المرور
passphrase-about = بعبارة المرور يُقفل ما حُفظ على هذا الهاتف. من يأخذ الهاتف لا يستطيع قراءته ما دام التطبيق مغلقًا. تكتبها كلما فتحت التطبيق.
passphrase-is-set = عبارة المرور مُعيَّنة.
passphrase-is-not-set = لا توجد عبارة مرور.
passphrase-new = عبارة مرور جديدة
passphrase-new-hint = يُستحسن أربع أو خمس كلمات لا يخمّنها أحد.
passphrase-again = العبارة نفسها مرة أخرى
passphrase-set = تعيين عبارة المرور
passphrase-short = { $count ->
    [zero] استخدم { $count } حرف على الأقل.
    [one] استخدم حرفًا واحدًا على الأقل.
    [two] استخدم حرفين على الأقل.
    [few] استخدم { $count } أحرف على الأقل.
    [many] استخدم { $count } حرفًا على الأقل.
   *[other] استخدم { $count } حرف على الأقل.
}
passphrase-differs = العبارتان غير متطابقتين.
passphrase-remove = إزالة عبارة المرور
passphrase-remove-question = عندئذ يستطيع كل من يفتح هذا الهاتف أن يقرأ المحفوظ هنا. هل تريد الإزالة؟
passphrase-remove-yes = إزالة

## الأجهزة

devices = الأجهزة
devices-about = يمكنك استخدام Concerted على عدة أجهزة كعضو واحد.
lost-device = جهاز ضاع أو أُخذ
lost-device-about = بكلماتك الاثنتي عشرة تستبعد كل أجهزتك الأخرى من كل اللجان.
lost-device-removes = لا تستطيع قراءة شيء مما يأتي بعد ذلك، ولا يُحتسب شيء مما ترسله.
lost-device-kept = ما قرأته من قبل يبقى عليها.
lost-device-without = من دون كلماتك: اطلب من عضوين أن يفتحا اسمك تحت «الناس» ويبلّغا عن الجهاز. يستغرق ذلك بضعة أيام.
lost-device-go = استبعاد أجهزتي الأخرى
lost-device-question = هل تريد استبعاد كل أجهزتك ما عدا هذا؟
lost-device-yes = استبعادها
lost-device-done = تم. لم يعد لك إلا هذا الجهاز.

## المحو

wipe = محو هذا الهاتف
wipe-about = يحذف كل ما حفظه Concerted على هذا الهاتف.
wipe-still-member = تبقى عضوًا في لجانك.
wipe-back = لن تعود إلا بكلماتك الاثنتي عشرة، أو من جهاز آخر لك.
wipe-go = حذف كل ما هنا
wipe-question = هل لديك كلماتك الاثنتا عشرة؟ هل تريد الحذف الآن؟
wipe-yes = حذف كل شيء

## حول

about = حول هذا التطبيق
about-server = ما الذي يراه الخادم
about-server-1 = لا يستطيع قراءة ما تقولونه ولا كيف تصوّتون ولا اسم لجنتكم.
about-server-2 = لا يعرف من هم الأعضاء: لا أسماء لديه ولا أرقام ولا عناوين بريد.
about-server-3 = يرى أن شيئًا بحجم تقريبي قد وصل، ومتى وصل.
about-server-4 = يمكنه رؤية عنوان هاتفك على الإنترنت، فيخمّن أي اللجان يستخدمها هاتف واحد. شبكة VPN أو Tor تخفي ذلك.
about-server-5 = وهو يوزّع هذا التطبيق أيضًا، فأنت تأتمنه على ذلك؛ وبصمة التطبيق أدناه تتيح لك التحقق.
about-app = هذا التطبيق
about-version = الإصدار
about-hash = بصمة التطبيق
about-hash-about = قارنها بما يراه الآخرون أو بما ينشره المشروع. إذا تطابقت فالتطبيق هو نفسه.
about-hash-copy = نسخ البصمة
