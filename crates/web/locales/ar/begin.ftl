# الدقائق الأولى.

welcome-what = قرِّروا وتحرّكوا معًا، أنت ومن تعمل أو تسكن أو تدرس معهم.
welcome-how = لا رقم هاتف ولا بريد إلكتروني. يحفظ الخادم صناديق مقفلة ولا يعرف أبدًا من في لجنتك.
welcome-start = إنشاء لجنة
welcome-link = لديّ رابط
welcome-other = طرق أخرى للبدء
welcome-restore = كنت هنا من قبل: إدخال كلماتي الاثنتي عشرة
welcome-second-device = إضافة هذا كجهاز ثانٍ

## إنشاء لجنة

start-title = إنشاء لجنة
start-name = اسم اللجنة
start-name-hint = يراه الأعضاء وكل من تصله دعوة.
start-kind = ما نوعها؟
start-go = إنشاء
kind-small-workplace = مكان عمل صغير
kind-small-workplace-about = الجميع يعرفون بعضهم بعضًا.
kind-large-workplace = مكان عمل كبير
kind-large-workplace-about = عدة نوبات أو مواقع.
kind-tenants = سكّان
kind-tenants-about = مبنى أو حيّ؛ إشعارات بمهلة أطول.
kind-students = طلاب
kind-students-about = مدرسة أو كلية؛ قد تكبر بسرعة.
kind-club = نادٍ أو جمعية
kind-club-about = مهلة طويلة، ومحاضر بالأسماء.
nickname = اسمك المستعار
nickname-hint = يراه الأعضاء. الأفضل ألّا يكون اسمك الحقيقي.
nickname-again = اقتراح آخر

## كلمات الاستعادة

words-title = كلماتك الاثنتا عشرة
words-note = اكتب هذه الكلمات الاثنتي عشرة على ورقة بهذا الترتيب.
words-why = إذا ضاع هاتفك أو تعطّل أو أُخذ منك، فلن تعود إلا بهذه الكلمات.
words-nobody = لا أحد يستطيع تجديدها: لا الخادم ولا اللجنة.
words-paper = احفظ الورقة في البيت. من يملكها يستطيع التصرف باسمك.
words-no-paper = ليست معي ورقة
words-no-paper-about = انسخها إلى مدير كلمات مرور، لا إلى محادثة ولا إلى صورة.
words-copy = نسخ الكلمات
words-noted = لقد كتبتها
words-check-title = للتأكد فقط
words-check-about = اكتب هذه الكلمات الثلاث من ورقتك.
words-check-which = الكلمة رقم { $place }
words-check-wrong = الكلمة رقم { $place } مختلفة. انظر في ورقتك مرة أخرى.
words-check-go = متابعة
words-again = عرض الكلمات مجددًا
words-lost-title = لم تُدوَّن كلماتك
words-lost-about = بدأتَ هنا، لكن التطبيق أُغلق قبل تأكيد كلماتك الاثنتي عشرة. لا شيء مرتبط بها بعد، فابدأ من جديد بكلمات أخرى.
words-lost-go = البدء من جديد
words-field = كلماتك الاثنتا عشرة
words-field-hint = بينها مسافات، وبالترتيب الصحيح.

## رابط

link-title = لديّ رابط
link-about = اضغط الرابط حيث وصلك، أو ألصقه هنا.
link-field = الرابط
link-wrong = هذه ليست دعوة. يجب أن تحتوي على ‎/#/join/‎ أو ‎/#/device/‎. اطلبها من جديد.
link-open = فتح

## الانضمام

join-title = دعوة
join-reading = جارٍ قراءة الدعوة…
join-unreadable = ربما أُغلقت الدعوة أو مضى عليها أكثر من 7 أيام. اطلب رابطًا جديدًا.
join-already = أنت في { $name } بالفعل، أو طلبت الانضمام.
join-invited = أنت مدعوّ إلى:
join-bylaws = كيف تقرّر هذه اللجنة
join-reveals = ما يراه الأعضاء منك
join-reveals-nickname = اسمك المستعار.
join-reveals-words = ما تقوله وكيف تصوّت في التصويت العلني.
join-reveals-nothing = لا اسمك ولا رقمك ولا بريدك ولا مكانك، إلا إذا أخبرتهم.
join-source = من أعطاك هذا الرابط؟
join-source-known = شخص أعرفه معرفة شخصية
join-source-unsure = وجدته، أو لست متأكدًا
join-source-caution = احذر: قد تكون الدعوة فخًّا. قبل الانضمام، اسأل شخصًا تعرفه معرفة شخصية إن كانت هذه اللجنة حقيقية.
join-source-missing = يُرجى الإجابة عمّن أعطاك الرابط. لا يرى الإجابة أحد غيرك.
join-next = بعد ذلك يجب أن يزكّيك أحد الأعضاء. لا يدخل أحد بالرابط وحده.
join-go = طلب الانضمام

## العودة

restore-title = العودة بكلماتك الاثنتي عشرة
restore-about = تعود إليك لجانك وقراراتها ومحاضرها.
restore-lost = جهازي الآخر ضاع أو أُخذ مني
restore-lost-about = يُستبعد من كل لجانك ولا يستطيع قراءة ما يأتي بعد ذلك.
restore-elsewhere = لجاني على خادم آخر
restore-relay = عنوان الخادم
restore-relay-hint = خادم كانت لك عليه لجنة، مثل ‎https://…‎
restore-talk = لا تعود المحادثات السابقة: فهي تُحفظ على الهواتف فقط، ولمدة قصيرة.
restore-go = العودة

## جهاز ثانٍ

second-device-title = إضافة هذا كجهاز ثانٍ
second-device-step-1 = افتح Concerted على جهازك الآخر: الإعدادات، الأجهزة، إضافة جهاز.
second-device-step-2 = امسح هذا الرمز بكاميرته، أو انسخه إليه.
second-device-step-3 = تعرض الشاشتان رقمًا. قارن بينهما.
second-device-qr = رمز لجهازك الآخر
second-device-copy = نسخ الرمز
second-device-waiting = في انتظار جهازك الآخر…
second-device-finishing = أوشكنا على الانتهاء. أبقِ الجهازين قيد التشغيل.
second-device-offer = عرض الرمز
add-device-title = إضافة جهاز
add-device-about = على الجهاز الجديد افتح Concerted واضغط «إضافة هذا كجهاز ثانٍ». امسح رمزه بالكاميرا أو ألصقه هنا.
add-device-question = هل تريد إضافة الجهاز الذي عرض هذا الرمز؟
add-device-code = رمز الجهاز الجديد
add-device-caution = لا تضف إلا جهازًا تمسكه بيدك. يستطيع أن يفعل كل ما تستطيعه.
add-device-go = إضافته
add-device-done = أُضيف الجهاز الجديد.
add-device-not-begun = افتح هذا الرمز على الجهاز الذي أنت عضو عليه بالفعل.
compare-question = هل تعرض الشاشتان هذا الرقم؟
compare-about = إذا اختلفا فهناك من يقف بينهما. توقّف عندئذ.
compare-same = نعم، الرقم نفسه
compare-different = لا، توقّف
