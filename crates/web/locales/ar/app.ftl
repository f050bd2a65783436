# ما يظهر في شاشات كثيرة.

app-name = Concerted
back = رجوع
open = فتح
done = تم
later = لاحقًا
not-now = ليس الآن
try-again = إعادة المحاولة
copied = تم النسخ
starting = لحظة من فضلك…
advanced = تفاصيل
you = أنت
today = اليوم
yesterday = أمس
fill-in = يُرجى ملء السطرين.
unnamed = لجنة
last-words = { $nickname }: { $text }
member-count = { $count ->
    [zero] لا أعضاء
    [one] عضو واحد
    [two] عضوان
    [few] { $count } أعضاء
    [many] { $count } عضوًا
   *[other] { $count } عضو
}

## اللجان

home-title = لجانك
home-empty = لست في أي لجنة بعد.
home-empty-next = أنشئ لجنة، أو افتح رابطًا أعطاه لك أحد.
phase-creating = قيد الإنشاء…
phase-asking = في انتظار أن يزكّيك أحد الأعضاء
phase-restoring = قيد الاستعادة…
phase-gone = لم تعد عضوًا

## نسخة أحدث

update-title = توجد نسخة جديدة من هذا التطبيق.
update-hashes = لن تعمل قبل أن تضغط «تحديث». نسختك: { $old }. الجديدة: { $new }.
update-now = تحديث

## حين لا يوجد ما يُعرض

locked-title = أدخل عبارة المرور
passphrase = عبارة المرور
passphrase-wrong = هذه ليست عبارة المرور. حاول مرة أخرى.
unlock = فتح القفل
unlocking = جارٍ فتح القفل. يستغرق ذلك بضع ثوانٍ على الهواتف القديمة.
locked-forgotten = نسيتها: البدء من جديد
locked-forgotten-question = سيُحذف كل ما حُفظ على هذا الهاتف. بكلماتك الاثنتي عشرة يمكنك العودة كالعضو نفسه. هل تريد الحذف؟
damaged-title = لا يمكن قراءة المحفوظ هنا
damaged-about = ذاكرة التخزين على هذا الهاتف تالفة. احذفها وعُد بكلماتك الاثنتي عشرة: لجانك تحتفظ بكل ما عداها.
elsewhere-title = ‏Concerted مفتوح في علامة تبويب أخرى
elsewhere-about = يعمل في علامة تبويب واحدة في كل مرة كي لا يختلط شيء.
elsewhere-take-over = استخدامه هنا
storage-failed-title = لم يتمكن هذا الهاتف من الحفظ
storage-failed-about = ربما امتلأت ذاكرته، أو أن هذه نافذة خاصة. أفرغ بعض المساحة وحاول مجددًا. لم يضِع شيء مما أُرسل.
crashed-title = توقف التطبيق
crashed-about = حدث خطأ فيه. لم يضِع شيء مما أُرسل. أعد تحميله؛ وإن تكرر ذلك فأخبر من يدير خادمك بما هو مكتوب أدناه.

## تنبيهات

warnings = تنبيهات
warning-fork = الخادم يعرض على الناس سجلات مختلفة.
warning-fork-do = لا تعتمد على ما تراه هنا. أخبر الآخرين وجهًا لوجه وانتقلوا إلى خادم آخر.
warning-relay-broken = ما يرسله الخادم غير متّسق.
warning-relay-broken-do = لا تقرروا شيئًا هنا الآن. اسأل عضوًا آخر إن كان يرى ذلك أيضًا.
warning-relay-shorter = فقد الخادم جزءًا من السجل.
warning-relay-shorter-do = أبقِ التطبيق مفتوحًا: هواتف الأعضاء تعيد ما ينقص.
warning-not-this-body = هذه ليست اللجنة المذكورة في رابطك.
warning-not-this-body-do = اطلب رابطًا جديدًا ممن أعطاك إياه.
warning-locker = كان أحد الخوادم قد فقد قائمة لجانك.
warning-locker-do = لقد أُعيدت. لا حاجة إلى فعل شيء.
warning-clock = ساعة هذا الهاتف وساعة الخادم تختلفان بأكثر من 10 دقائق.
warning-clock-do = تحقّق من التاريخ والوقت في إعدادات هاتفك.
warning-keys = غيّرت اللجنة أقفالها للتو.
warning-keys-do = سيحصل هاتفك على المفتاح الجديد تلقائيًا حين يتصل عضو آخر.
warning-offline = لا يوجد اتصال.
warning-offline-do = يمكنك القراءة والكتابة، وسيُرسل ما تكتبه عند عودة الاتصال.
