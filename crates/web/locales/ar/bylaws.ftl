# النظام الداخلي في جمل. تدخل الكسور والأغلبيات في الجمل كما هي هنا.

span-seconds = { $count ->
    [zero] { $count } ثانية
    [one] ثانية واحدة
    [two] ثانيتين
    [few] { $count } ثوانٍ
    [many] { $count } ثانية
   *[other] { $count } ثانية
}
span-minutes = { $count ->
    [zero] { $count } دقيقة
    [one] دقيقة واحدة
    [two] دقيقتين
    [few] { $count } دقائق
    [many] { $count } دقيقة
   *[other] { $count } دقيقة
}
span-hours = { $count ->
    [zero] { $count } ساعة
    [one] ساعة واحدة
    [two] ساعتين
    [few] { $count } ساعات
    [many] { $count } ساعة
   *[other] { $count } ساعة
}
span-days = { $count ->
    [zero] { $count } يوم
    [one] يوم واحد
    [two] يومين
    [few] { $count } أيام
    [many] { $count } يومًا
   *[other] { $count } يوم
}

share-half = نصف
share-third = ثلث
share-two-thirds = ثلثي
share-quarter = ربع
share-three-quarters = ثلاثة أرباع
share-percent = { $percent }% من
share-fraction = { $part }/{ $whole } من

majority-more-cast = أكثر من { $share } الأصوات المدلى بها
majority-more-cast-abstentions = أكثر من { $share } الأصوات المدلى بها مع احتساب الامتناع
majority-more-present = أكثر من { $share } الحاضرين
majority-more-entitled = أكثر من { $share } الأعضاء جميعًا
majority-least-cast = ما لا يقل عن { $share } الأصوات المدلى بها
majority-least-cast-abstentions = ما لا يقل عن { $share } الأصوات المدلى بها مع احتساب الامتناع
majority-least-present = ما لا يقل عن { $share } الحاضرين
majority-least-entitled = ما لا يقل عن { $share } الأعضاء جميعًا

bylaws-joining = الدخول
bylaws-vouches = { $count ->
    [zero] يدخل العضو الجديد بتزكية { $count } عضو.
    [one] يدخل العضو الجديد حين يزكّيه عضو واحد.
    [two] يدخل العضو الجديد حين يزكّيه عضوان.
    [few] يدخل العضو الجديد حين يزكّيه { $count } أعضاء.
    [many] يدخل العضو الجديد حين يزكّيه { $count } عضوًا.
   *[other] يدخل العضو الجديد حين يزكّيه { $count } عضو.
}
bylaws-vouches-small = ما دام عدد الأعضاء أقل من { $below }، تكفي تزكية واحدة.
bylaws-window = بدءًا من { $from } من الأعضاء، لهم مهلة { $span } للاعتراض قبل دخول العضو الجديد.
bylaws-growth = بدءًا من { $from } من الأعضاء، لا يدخل خلال { $span } أكثر من { $share } الأعضاء (ويُسمح دائمًا بـ { $least })؛ وما زاد على ذلك تصوّت عليه اللجنة.
bylaws-vouches-by-one = { $count ->
    [zero] بدءًا من { $from } من الأعضاء، لا يزكّي العضو خلال { $span } أحدًا.
    [one] بدءًا من { $from } من الأعضاء، يمكن للعضو أن يزكّي خلال { $span } شخصًا واحدًا.
    [two] بدءًا من { $from } من الأعضاء، يمكن للعضو أن يزكّي خلال { $span } شخصين.
    [few] بدءًا من { $from } من الأعضاء، يمكن للعضو أن يزكّي خلال { $span } حتى { $count } أشخاص.
    [many] بدءًا من { $from } من الأعضاء، يمكن للعضو أن يزكّي خلال { $span } حتى { $count } شخصًا.
   *[other] بدءًا من { $from } من الأعضاء، يمكن للعضو أن يزكّي خلال { $span } حتى { $count } شخص.
}
bylaws-newcomers = بدءًا من { $from } من الأعضاء، ينتظر العضو الجديد { $span } قبل أن يزكّي أحدًا أو يوقّع العرائض أو يصوّت على الأشخاص والنظام الداخلي.

bylaws-meetings = الاجتماعات
bylaws-notice = يُعلن عن الاجتماع العادي قبل { $span }.
bylaws-quorum = يستطيع الاجتماع أن يقرّر بحضور { $share } الأعضاء، على ألّا يقل العدد عن { $least }.
bylaws-emergency = يمكن الدعوة إلى اجتماع طارئ قبل { $span } بطلب من { $share } الأعضاء، على ألّا يقل العدد عن { $least }. ولا يتناول إلا ما دُعي من أجله.

bylaws-decisions = القرارات
bylaws-motions = يُقرّ المقترح بموافقة { $majority }، إذا شارك ما لا يقل عن { $quorum } الأعضاء.
bylaws-circulation = خارج الاجتماع يدوم التصويت { $span }.
bylaws-tie = التعادل يعني الرفض.
bylaws-action = الانضمام إلى تحرّك يحتاج إلى موافقة { $majority } في تصويت سرّي.
bylaws-expulsion = فصل عضو يحتاج إلى موافقة { $majority } في تصويت سرّي يشارك فيه ما لا يقل عن { $quorum } الأعضاء. ويُسمع العضو أولًا.
bylaws-change = تغيير هذا النظام يحتاج إلى موافقة { $majority }، إذا شارك ما لا يقل عن { $quorum } الأعضاء، وبإعلان قبل { $span }.

bylaws-delegates = المندوبون والتصويت السرّي
bylaws-term = { $terms ->
    [zero] يُنتخب المندوبون بتصويت سرّي لمدة { $span }، من دون تجديد.
    [one] يُنتخب المندوبون بتصويت سرّي لمدة { $span }، مرة واحدة متتالية.
    [two] يُنتخب المندوبون بتصويت سرّي لمدة { $span }، مرتين متتاليتين على الأكثر.
    [few] يُنتخب المندوبون بتصويت سرّي لمدة { $span }، { $terms } مرات متتالية على الأكثر.
    [many] يُنتخب المندوبون بتصويت سرّي لمدة { $span }، { $terms } مرة متتالية على الأكثر.
   *[other] يُنتخب المندوبون بتصويت سرّي لمدة { $span }، { $terms } مرة متتالية على الأكثر.
}
bylaws-recall = يمكن أن يطلب { $share } الأعضاء، على ألّا يقل العدد عن { $least }، تصويتًا على سحب الثقة من مندوب. ويُجرى خلال { $span }.
bylaws-tellers = { $count ->
    [zero] لا فارزين لمدة { $span } ({ $needed }).
    [one] فارز واحد يفتح التصويت السرّي، ومدته { $span }؛ ويلزم { $needed }.
    [two] فارزان مدتهما { $span }؛ ويلزم { $needed } منهما معًا لفتح تصويت سرّي.
    [few] { $count } فارزين مدتهم { $span }؛ ويلزم { $needed } منهم معًا لفتح تصويت سرّي.
    [many] { $count } فارزًا مدتهم { $span }؛ ويلزم { $needed } منهم معًا لفتح تصويت سرّي.
   *[other] { $count } فارز مدتهم { $span }؛ ويلزم { $needed } منهم معًا لفتح تصويت سرّي.
}
bylaws-small-ballots = يجوز لأقل من 5 أعضاء التصويت سرًّا على الأشخاص بعد تنبيه.
bylaws-no-small-ballots = لا تصويت سرّيًا على الأشخاص إذا قلّ الأعضاء عن 5.

bylaws-keeping = ما يُحفظ
bylaws-minutes-names = يجوز أن تذكر المحاضر أسماء الأعضاء.
bylaws-minutes-counts = تذكر المحاضر الأعداد والأدوار، لا الأسماء أبدًا.
bylaws-talk = يُحذف الحديث بعد { $span } من الهواتف ومن الخادم.
bylaws-rekey = تُغيَّر أقفال اللجنة كلما غادر أحد، وكل { $span } على الأقل.
bylaws-revocation = يستطيع عضوان معًا استبعاد جهاز ضائع لعضو، ما لم يعترض صاحبه خلال { $span }.
