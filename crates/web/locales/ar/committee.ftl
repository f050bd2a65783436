# لجنة.

tabs = أقسام اللجنة
tab-talk = الحديث
tab-people = الناس
tab-invite = دعوة
tab-more = المزيد
requests-waiting = { $count ->
    [zero] لا أحد ينتظر ردّك
    [one] شخص واحد ينتظر ردّك
    [two] شخصان ينتظران ردّك
    [few] { $count } أشخاص ينتظرون ردّك
    [many] { $count } شخصًا ينتظرون ردّك
   *[other] { $count } شخص ينتظرون ردّك
}
status-members = { $count ->
    [zero] لا أعضاء · محدَّث
    [one] عضو واحد · محدَّث
    [two] عضوان · محدَّث
    [few] { $count } أعضاء · محدَّث
    [many] { $count } عضوًا · محدَّث
   *[other] { $count } عضو · محدَّث
}
status-unsent = { $count ->
    [zero] كل شيء أُرسل
    [one] واحدة لم تُرسل بعد
    [two] اثنتان لم تُرسلا بعد
    [few] { $count } لم تُرسل بعد
    [many] { $count } لم تُرسل بعد
   *[other] { $count } لم تُرسل بعد
}
status-offline = لا يوجد اتصال
status-catching-up = جارٍ التحديث…
creating-about = يجري إنشاء اللجنة. ابقَ متصلًا لحظة.
restoring-about = تجري استعادة لجنتك. قد يستغرق ذلك دقيقة.
not-here-title = ليست على هذا الهاتف
not-here-about = هذه اللجنة ليست على هذا الهاتف. اطلب دعوة من أحد الأعضاء.
gone-title = لم تعد عضوًا.
gone-about = غادرتَ، أو قرّرت اللجنة ذلك، أو استُبعد هذا الجهاز. ما قرأته حتى ذلك الحين يبقى هنا إلى أن تزيله.
forget = إزالة من هذا الهاتف
forget-question = هل تريد إزالة ما حُفظ هنا من هذه اللجنة؟
forget-yes = إزالة

## في انتظار الدخول

asking-title = انتظار
asking-wait = في انتظار أن يزكّيك أحد الأعضاء…
asking-sending = جارٍ إرسال طلبك…
asking-as = طلبت الانضمام باسم { $nickname }.
asking-code = رمز التحقق الخاص بك
asking-code-about = قُله لمن دعاك، وجهًا لوجه أو بالهاتف. هكذا يعرف أنه أنت فعلًا.
asking-meanwhile = يمكنك إغلاق التطبيق. حين تفتحه من جديد وقد زكّاك أحد، تكون في الداخل.
asking-over = أنت الآن في الداخل.
asking-give-up = سحب الطلب
asking-give-up-question = هل تريد التوقف عن الانتظار وإزالة هذا من هاتفك؟
asking-give-up-yes = سحب

## الحديث

talk-messages = الرسائل
talk-empty = المكان هادئ هنا.
talk-empty-next = ألقِ التحية: يقرؤها كل من في اللجنة، ولا أحد غيرهم.
talk-unreadable = { $count ->
    [zero] لا رسائل
    [one] رسالة واحدة من قبل انضمامك أو انتهت مدتها
    [two] رسالتان من قبل انضمامك أو انتهت مدتهما
    [few] { $count } رسائل من قبل انضمامك أو انتهت مدتها
    [many] { $count } رسالة من قبل انضمامك أو انتهت مدتها
   *[other] { $count } رسالة من قبل انضمامك أو انتهت مدتها
}
former-member = عضو سابق
talk-earlier = عرض رسائل أقدم
message-input = رسالة
message-send = إرسال
message-write = كتابة رسالة
message-waiting = لم تُرسل بعد
message-arrived = وصلت
threads = المواضيع
thread-all = الكل
thread-common = عام
thread-new = موضوع جديد
thread-name = اسم الموضوع
thread-take = اختيار
composer-thread = الموضوع: { $thread }

## الناس

people-requests = من يريد الدخول
people-members = { $count ->
    [zero] لا أعضاء
    [one] عضو واحد
    [two] عضوان
    [few] { $count } أعضاء
    [many] { $count } عضوًا
   *[other] { $count } عضو
}
people-alone = أنت وحدك هنا حتى الآن.
people-invite = دعوة شخص
not-arrived = لم يفتح التطبيق بعد
joined = عضو منذ { $time }
device-numbered = الجهاز { $number }
device-this = هذا الجهاز
device-other = جهاز آخر لك
device-added = أُضيف { $time }
device-accusers = { $count ->
    [zero] لا أحد يطلب استبعاد هذا الجهاز
    [one] عضو واحد يطلب استبعاد هذا الجهاز
    [two] عضوان يطلبان استبعاد هذا الجهاز
    [few] { $count } أعضاء يطلبون استبعاد هذا الجهاز
    [many] { $count } عضوًا يطلبون استبعاد هذا الجهاز
   *[other] { $count } عضو يطلبون استبعاد هذا الجهاز
}
device-revoked-at = سيُستبعد في { $time } ما لم يعترض صاحبه
accuse = هذا الجهاز ضاع أو أُخذ
accuse-question = هل تطلب استبعاد هذا الجهاز؟ يجب أن يطلب ذلك عضو ثانٍ أيضًا، ويمكن لصاحبه أن يعترض.
accuse-yes = طلب
vouch-about = التزكية تعني: أعرف هذا الشخص وأريده معنا.
vouch-count = { $needed ->
    [zero] { $count } من { $needed }
    [one] { $count } من تزكية واحدة لازمة
    [two] { $count } من تزكيتين لازمتين
    [few] { $count } من { $needed } تزكيات
    [many] { $count } من { $needed } تزكية
   *[other] { $count } من { $needed } تزكية
}
vouch-check = اسأله عن رمز التحقق. يجب أن يكون
vouch = تزكية
vouch-question = هل تعرف { $nickname } معرفة شخصية، وقارنتما الرمز، وتريد دخوله؟
vouch-yes = نعم، أزكّيه
vouch-done = لقد زكّيته.
window-ends = التزكيات كافية. حتى { $time } يمكن لأي عضو أن يعترض.
object = اعتراض
object-question = هل تعترض على { $nickname }؟ عندئذ على اللجنة أن تصوّت.
object-yes = أعترض

## الدعوة

invite-title = دعوة شخص
invite-about = من لديه الرابط يستطيع طلب الانضمام. لا يدخل أحد بالرابط وحده: يجب أن يزكّيه الأعضاء. يصلح الرابط 7 أيام.
invite-go = إنشاء دعوة
invite-another = إنشاء دعوة أخرى
invite-qr = الدعوة كرمز للمسح
invite-qr-about = الأفضل وجهًا لوجه: دعهم يمسحون هذا بكاميراتهم.
invite-copy = نسخ الرابط
invite-share = مشاركة
invite-share-text = انضم إلى { $name } على Concerted
invite-close = إغلاق هذه الدعوة
invite-close-question = هل تريد إغلاقها؟ يتوقف الرابط عن العمل فورًا.
invite-close-yes = إغلاقها

## المزيد

more-bylaws = كيف نقرّر
more-bylaws-show = عرض النظام الداخلي
more-nickname = اسمك هنا
more-nickname-hint = يرى الجميع أنه تغيّر.
more-nickname-go = تغيير
nickname-changed = تغيّر اسمك المستعار.
advanced-about = هاتفان قرآ إلى النقطة نفسها يعرضان الرقم نفسه والبصمة نفسها.
advanced-head = المدخلات المقروءة
advanced-state = بصمة حالة اللجنة
advanced-epoch = مجموعة المفاتيح المستخدمة
advanced-relay = الخادم
rekey = تغيير الأقفال الآن
rekey-question = هل تريد إعطاء كل الأعضاء مفاتيح جديدة؟ يحدث ذلك تلقائيًا حين يغادر أحد؛ لا تفعله الآن إلا إذا شككت في انكشاف مفتاح.
rekey-yes = تغيير الأقفال
leave = مغادرة هذه اللجنة
leave-question = هل تريد المغادرة؟ لن تعود إلا إذا زكّاك الأعضاء من جديد.
leave-yes = مغادرة
